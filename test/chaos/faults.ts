import type { Random } from '#testing';
import type { ChaosServers, ServerName } from './chaos-servers.js';
import { type App, apps, type Fleet } from './fleet.js';

/** One thing that goes wrong, and for how long; then it is whole again. */
export type Fault =
  | { readonly kind: 'kill' | 'stop'; readonly app: App; readonly index: number }
  | { readonly kind: 'freeze'; readonly app: App; readonly index: number; readonly forMs: number }
  | { readonly kind: 'server-kill' | 'server-stop'; readonly server: ServerName; readonly forMs: number }
  | { readonly kind: 'cut'; readonly server: ServerName; readonly forMs: number }
  | { readonly kind: 'disk-full'; readonly forMs: number };

export interface Scheduled {
  /** After the fault before is over. */
  readonly afterMs: number;
  readonly fault: Fault;
}

/** More than any run gets through; each round has every kind of fault once, in an order of its own. */
export function scheduleOf(random: Random, rounds = 40): readonly Scheduled[] {
  return Array.from({ length: rounds }, () => random.shuffled(aRound(random)))
    .flat()
    .map((fault) => ({ afterMs: random.int(500, 4_000), fault }));
}

function aRound(random: Random): Fault[] {
  const index = random.int(0, 5);
  const app = (): App => random.pick(apps);
  const forMs = (): number => random.int(1_000, 6_000);
  return [
    ...apps.map((each): Fault => ({ kind: 'kill', app: each, index })),
    { kind: 'freeze', app: app(), index, forMs: forMs() },
    { kind: 'freeze', app: app(), index, forMs: forMs() },
    { kind: 'stop', app: app(), index },
    { kind: random.pick(['server-kill', 'server-stop']), server: 'kafka', forMs: forMs() },
    { kind: random.pick(['server-kill', 'server-stop']), server: 'postgres', forMs: forMs() },
    { kind: 'cut', server: 'kafka', forMs: random.int(0, 3_000) },
    { kind: 'cut', server: 'postgres', forMs: random.int(0, 3_000) },
    { kind: 'disk-full', forMs: forMs() },
  ];
}

export const textOf = ({ afterMs, fault }: Scheduled): string =>
  `+${afterMs} ms ${Object.values(fault).join(' ')}${'forMs' in fault ? ' ms' : ''}`;

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Does it, waits, and makes it whole. */
export async function strike(fault: Fault, servers: ChaosServers, fleet: Fleet): Promise<void> {
  switch (fault.kind) {
    case 'kill':
      return fleet.member(fault.app, fault.index)?.signal('SIGKILL');
    case 'stop':
      return fleet.member(fault.app, fault.index)?.signal('SIGTERM');
    case 'freeze': {
      const member = fleet.member(fault.app, fault.index);
      member?.signal('SIGSTOP');
      await wait(fault.forMs);
      return member?.signal('SIGCONT');
    }
    case 'server-kill':
    case 'server-stop':
      await servers.down(fault.server, fault.kind === 'server-kill' ? 'kill' : 'stop');
      await wait(fault.forMs);
      return servers.up(fault.server);
    case 'cut':
      servers.proxies[fault.server].refuses = true;
      await wait(fault.forMs);
      servers.proxies[fault.server].refuses = false;
      return;
    case 'disk-full':
      return fillDisk(fault.forMs, servers);
  }
}

async function fillDisk(forMs: number, servers: ChaosServers): Promise<void> {
  servers.disk.fill();
  await wait(forMs);
  servers.disk.free();
  // a database that cannot write its log ends itself; whoever runs it starts it again
  await servers.up('postgres');
}

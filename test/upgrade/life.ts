import { randomBytes } from 'node:crypto';
import {
  type CommandEnvelope,
  CommandService,
  type EmissionId,
  FireService,
  recordKey,
  type UnmintedCommand,
} from '#engine';
import { openPostgresStore } from '#postgres';
import {
  type CommandId,
  decide,
  evolve,
  mintEventId,
  mintTimerId,
  slotOf,
  slotOfTimerId,
  type TimerInput,
  type TimerState,
} from '#timer';

const quiet = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const partitions = 4;
const topic = 'timers.commands';
const uuid = (): string => mintEventId(Date.now(), randomBytes(10));

type Without<T> = T extends unknown ? Omit<T, 'commandId'> : never;
type Wish = Without<UnmintedCommand>;

/** A scheduler and a fire service on one database, without a broker, and what a client and hooks would say to them. */
export class Lives {
  readonly #store;
  readonly #commands;
  readonly #fire;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  readonly #positions: Map<number, bigint>;
  /** What the fire service sent lies where it was sent to, or is not acknowledged. */
  isBrokerUp = true;

  constructor(databaseUrl: string, positions: ReadonlyMap<number, bigint>) {
    this.#positions = new Map(positions);
    this.#store = openPostgresStore({ databaseUrl, applicationName: 'life', log: quiet });
    this.#commands = new CommandService<null>({
      logs: [this.#store.log],
      timer: { decide, evolve },
      mintTimerId: (slot) => mintTimerId(Date.now(), slot, randomBytes(9)),
      logger: quiet,
      sleep,
      onOutcomes: () => undefined,
      onLostSource: () => undefined,
      onFatal: failed,
    });
    this.#commands.assign(topic, positions);
    this.#fire = new FireService({
      log: this.#store.log,
      index: this.#store.due,
      timer: { decide, evolve },
      mint: {
        eventId: () => mintEventId(Date.now(), randomBytes(10)),
        emissionId: () => uuid() as EmissionId,
        timerId: (slot) => mintTimerId(Date.now(), slot, randomBytes(9)),
        slotOf: slotOfTimerId,
      },
      sink: {
        emit: async () => {
          if (!this.isBrokerUp) throw new Error('no broker');
        },
      },
      logger: quiet,
      clock: Date.now,
      sleep,
      onFatal: failed,
    });
    this.#running = this.#fire.run(this.#stop.signal);
  }

  static async on(databaseUrl: string): Promise<Lives> {
    const store = openPostgresStore({ databaseUrl, applicationName: 'life', log: quiet });
    const all = Array.from({ length: partitions }, (_, partition) => partition);
    const stored = await store.log.storedOffsets(topic, all);
    await store.close();
    return new Lives(databaseUrl, new Map(all.map((partition) => [partition, stored.get(partition) ?? 0n])));
  }

  async say(key: string, wish: Wish): Promise<void> {
    const partition = slotOf('default', key) % partitions;
    const offset = this.#positions.get(partition) ?? 0n;
    this.#positions.set(partition, offset + 1n);
    const commandId = uuid() as CommandId;
    const target = { namespace: 'default', key };
    const command = { ...wish, commandId } as UnmintedCommand;
    const envelope: CommandEnvelope<null> = {
      source: { topic, partition, offset },
      key: Buffer.from(recordKey('default', key)),
      value: Buffer.from(JSON.stringify(command)),
      content: { kind: 'command', commandId, target, command },
      reply: null,
    };
    await this.#commands.submit([envelope]);
    await this.#commands.drained();
  }

  create(key: string, timer: Partial<TimerInput>): Promise<void> {
    const whole = { schedPolicyType: 'INTERVAL', schedPolicyExpr: '1h', hookClass: 'h', ...timer };
    return this.say(key, { type: 'CreateTimer', namespace: 'default', key, timer: whole });
  }

  async state(key: string): Promise<TimerState> {
    let found: TimerState | undefined;
    await this.#store.log.transact(
      {
        offsets: [],
        targets: [{ namespace: 'default', key }],
        commandIds: [],
        due: [],
        dueElsewhere: [],
      },
      ({ byKey }) => {
        found = byKey.get(recordKey('default', key));
        return { streams: [], rejections: [], unchanged: [], emission: null, emitted: [] };
      },
    );
    if (found === undefined) throw new Error(`no timer ${key}`);
    return found;
  }

  /** What is due fires, whoever owned it. */
  async fire(): Promise<void> {
    await this.#fire.sweep(0);
    await sleep(400);
  }

  async answer(
    key: string,
    type: 'CloseEvent' | 'RetryEvent' | 'HeartbeatEvent',
    extra: object = {},
  ): Promise<void> {
    const { open } = await this.state(key);
    if (open === null) throw new Error(`${key} has no open event`);
    await this.say(key, { type, eventId: open.eventId, attempt: open.attempt, ...extra } as Wish);
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.#store.close();
  }
}

function failed(error: unknown): never {
  throw error;
}

/** One of everything that a log may hold, in few timers. */
export async function live(databaseUrl: string): Promise<void> {
  const lives = await Lives.on(databaseUrl);
  for (const n of [1, 2, 3])
    await lives.create(`self-${n}`, { schedPolicyExpr: '200ms', hookClass: '', tags: ['a', 'b'] });
  for (const key of ['open', 'closed', 'retrying', 'beating', 'given-up', 'changed'])
    await lives.create(key, { data: { text: `\u0000 ${key} \ud800` }, timeZone: 'Europe/Paris' });
  await lives.create('cron', {
    schedPolicyType: 'CRON',
    schedPolicyExpr: '0 9 * * 1-5',
    timeZone: 'America/New_York',
  });
  await lives.create('paused', { schedPolicyType: 'ONCE', schedPolicyExpr: '30d', maxPause: '90d' });
  await lives.create('gone', {});
  await lives.create('last', {
    schedPolicyType: 'ONCE',
    schedPolicyExpr: '1ms',
    retry: { maxAttempts: 1 },
    ackTimeout: '1ms',
  });
  await lives.create('asking', { preSchedule: { enable: true, timeout: '10m', onTimeout: 'skip' } });
  await lives.create('refused', { schedPolicyExpr: '0s' });
  await lives.fire();
  await lives.fire();
  await lives.answer('closed', 'CloseEvent', { summary: { text: 'done' }, result: { text: '{"a":1}' } });
  await lives.answer('retrying', 'RetryEvent', { error: 'not now', after: '1000d', data: { text: 'other' } });
  await lives.answer('beating', 'HeartbeatEvent', { worker: 'w1', progress: { text: '50 %' } });
  await lives.answer('changed', 'CloseEvent', {});
  await lives.say('changed', {
    type: 'UpdateTimer',
    set: { tags: ['x'], schedPolicyExpr: '2h', startAt: null },
  });
  await lives.say('changed', { type: 'TriggerTimer', requestId: 'r1', timeout: '1000d' });
  await lives.say('paused', { type: 'PauseTimer' });
  await lives.say('gone', { type: 'DeleteTimer' });
  await lives.say('nobody', { type: 'ResumeTimer' });
  await lives.fire();
  // what was written last never reached the broker
  lives.isBrokerUp = false;
  await lives.create('pending', {});
  await lives.fire();
  await lives.end();
}

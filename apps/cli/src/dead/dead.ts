import { setTimeout as after } from 'node:timers/promises';
import type { TimerClient } from '#client';
import type { TimerRecord } from '#contract';
import { withClient } from '../connection.js';
import { UsageError } from '../errors/exit-codes.js';
import { explain } from '../errors/explain.js';
import { firstOf, type Limited } from '../output/limited.js';
import { note, type ShownAs, say, sayJson, sayTable } from '../output/out.js';
import { withProgress } from '../output/progress.js';
import { type Column, harmless } from '../output/table.js';

interface DeadFlags extends ShownAs {
  readonly namespace?: string;
  readonly hookClass?: string;
  readonly limit: string;
}

interface GivenUpTimer {
  readonly timerId: string;
  readonly namespace: string;
  readonly key: string;
  readonly hookClass: string;
  readonly eventId: string;
  readonly attempts: number;
  readonly givenUpAt: string;
  readonly error: string | null;
}

const columns: readonly Column<GivenUpTimer>[] = [
  { title: 'NAMESPACE', of: ({ namespace }) => namespace },
  { title: 'KEY', of: ({ key }) => key },
  { title: 'HOOK', of: ({ hookClass }) => hookClass },
  { title: 'GIVEN UP', of: ({ givenUpAt }) => givenUpAt },
  { title: 'ATTEMPTS', of: ({ attempts }) => attempts, align: 'right' },
  { title: 'ERROR', of: ({ error }) => error },
];

async function found({ namespace, hookClass, limit }: DeadFlags): Promise<Limited<GivenUpTimer>> {
  const condition = {
    givenUp: true,
    ...(namespace !== undefined && { namespace }),
    ...(hookClass !== undefined && { hookClass }),
  };
  return withClient({ readsOnly: true }, (client) =>
    firstOf(givenUpOf(client.getTimers(condition)), Number(limit)),
  );
}

/** Those that were not redriven between the search and the answer. */
async function* givenUpOf(timers: AsyncIterable<TimerRecord>): AsyncGenerator<GivenUpTimer> {
  for await (const { id, namespace, key, hookClass, givenUp } of timers) {
    if (givenUp === undefined) continue;
    const { eventId, attempts, givenUpAt, error = null } = givenUp;
    yield { timerId: id, namespace, key, hookClass, eventId, attempts, givenUpAt, error };
  }
}

/** Timers whose last event was given up. */
export async function listDead(flags: DeadFlags): Promise<number> {
  const { items: dead, isMore } = await found(flags);
  if (flags.json) sayJson(dead);
  else {
    sayTable(dead, columns);
    note(
      dead.length === 0
        ? 'nothing was given up'
        : '`carillon dead redrive <key>`, or `--all`, opens them again',
    );
  }
  if (isMore) note(`there are more than ${flags.limit}: narrow it down, or raise --limit`);
  return 0;
}

export interface RedriveFlags extends DeadFlags {
  readonly all?: boolean;
  /** Events a second. */
  readonly rate: string;
  readonly actor?: string;
}

/** Opens given-up events again, one after the other. @returns 1 if one of them was refused */
export async function redriveDead(keys: readonly string[], flags: RedriveFlags): Promise<number> {
  if (flags.all !== true && keys.length === 0)
    throw new UsageError(
      'which ones? Name their keys, or say --all (with --namespace or --hook-class to narrow it)',
    );
  if (flags.all === true && keys.length > 0) throw new UsageError('either keys or --all, not both');
  const { namespace = 'default' } = flags;
  const { items: wanted, isMore } = flags.all
    ? await found(flags)
    : { items: keys.map((key) => ({ namespace, key })), isMore: false };
  const outcomes = await withClient({}, (client) => redriveEach(client, wanted, flags));
  const refused = outcomes.filter(({ error }) => error !== undefined);
  if (flags.json) sayJson(outcomes);
  else {
    for (const { namespace: space, key, error } of refused) note(harmless(`${space}/${key}: ${error}`));
    say(`${outcomes.length - refused.length} opened again, ${refused.length} refused`);
  }
  if (isMore) note(`there are more than ${flags.limit}: say it again, or raise --limit`);
  return refused.length === 0 ? 0 : 1;
}

interface Redriven {
  readonly namespace: string;
  readonly key: string;
  readonly error?: string;
}

const redriveEach = (
  client: TimerClient,
  wanted: readonly { readonly namespace: string; readonly key: string; readonly eventId?: string }[],
  { rate, actor }: RedriveFlags,
): Promise<Redriven[]> =>
  withProgress('redrive', wanted.length, async (at) => {
    const outcomes: Redriven[] = [];
    for (const [index, { namespace, key, eventId }] of wanted.entries()) {
      if (index > 0) await after(1_000 / Number(rate));
      const options = { ...(actor !== undefined && { actor }), ...(eventId !== undefined && { eventId }) };
      outcomes.push({ namespace, key, ...(await redriven(client, { namespace, key }, options)) });
      at(outcomes.length);
    }
    return outcomes;
  });

async function redriven(
  client: TimerClient,
  ref: { readonly namespace: string; readonly key: string },
  options: { readonly actor?: string; readonly eventId?: string },
): Promise<{ readonly error?: string }> {
  try {
    await client.redriveEvent(ref, options);
    return {};
  } catch (error) {
    // one refusal is that timer's; what does not answer at all would fail for the rest as well
    const { exitCode, message } = explain(error);
    if (exitCode !== 1) throw error;
    return { error: message };
  }
}

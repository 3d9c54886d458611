import { type TimerClient, TimerNotExistError } from '#client';
import { withClient } from '../connection.js';
import { firstOf, lastOf } from '../output/limited.js';
import { note, paint, type ShownAs, say, sayJson, sayTable } from '../output/out.js';
import { factLines, harmless } from '../output/table.js';
import { type ConditionFlags, conditionOf } from './condition.js';
import { refOf } from './ref.js';
import { historyColumns, nextColumns, timerColumns } from './shown.js';

interface Named extends ShownAs {
  readonly namespace?: string;
}
const reading = <T>({ namespace }: Named, work: (client: TimerClient) => Promise<T>): Promise<T> =>
  withClient({ namespace, readsOnly: true }, work);

export const listTimers = (options: ConditionFlags & ShownAs & { readonly limit: string }): Promise<number> =>
  reading({}, async (client) => {
    const { limit, json } = options;
    const { items: timers, isMore } = await firstOf(client.getTimers(conditionOf(options)), Number(limit));
    if (json) sayJson(timers);
    else sayTable(timers, timerColumns);
    if (isMore) note(`there are more than ${limit}: narrow it down, or raise --limit`);
    return 0;
  });

export const getTimer = (typed: string, options: Named & { at?: string; asOf?: string }): Promise<number> =>
  reading(options, async (client) => {
    const { at, asOf, json } = options;
    const past = { ...(at !== undefined && { at }), ...(asOf !== undefined && { version: Number(asOf) }) };
    const timer = await timerOf(client, typed, past);
    if (json) sayJson(timer);
    else for (const line of factLines(timer)) say(line);
    return 0;
  });

const timerOf = (client: TimerClient, typed: string, past: { at?: string; version?: number } = {}) => {
  const ref = refOf(typed);
  return 'timerId' in ref ? client.getTimerById(ref.timerId, past) : client.getTimerByKey(ref.key, past);
};

interface HistoryFlags extends Named {
  readonly from?: string;
  readonly to?: string;
  readonly limit: string;
  readonly newest?: boolean;
}

export const timerHistory = (typed: string, options: HistoryFlags): Promise<number> =>
  reading(options, async (client) => {
    const { from, to, newest = false, limit, json } = options;
    const range = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
    const after = newest && to === undefined ? await versionBefore(client, typed, Number(limit)) : 0;
    const events = client.history(refOf(typed), { ...range, ...(after > 0 && { after }) });
    const { items, isMore } = await (newest ? lastOf : firstOf)(events, Number(limit));
    if (json) sayJson(items);
    else sayTable(items, historyColumns);
    if (isMore)
      note(
        newest
          ? `there are earlier ones than these ${limit}: raise --limit`
          : `there are more than ${limit}: --newest shows the last ones; or name --from, or raise --limit`,
      );
    return 0;
  });

/** From where the last `count` events and one more begin; 0 where that is not known, of a timer that was deleted. */
async function versionBefore(client: TimerClient, typed: string, count: number): Promise<number> {
  try {
    const { version } = await timerOf(client, typed);
    return Math.max(0, version - count - 1);
  } catch (error) {
    if (error instanceof TimerNotExistError) return 0;
    throw error;
  }
}

export const nextFires = (typed: string, options: Named & { count: string }): Promise<number> =>
  reading(options, async (client) => {
    const outlook = await client.nextFires(refOf(typed), { count: Number(options.count) });
    if (options.json) sayJson(outlook);
    else {
      sayTable(outlook.fires, nextColumns);
      if (outlook.heldBy !== undefined)
        say(`held: the timer is ${outlook.heldBy}; these are as though it were let go now`);
      if (outlook.dependsOnClose) say('counted as though each event were closed at once');
      if (outlook.ended !== undefined) say(`nothing more comes: ${outlook.ended}`);
    }
    return 0;
  });

export const whyTimer = (typed: string, options: Named & { from?: string; to?: string }): Promise<number> =>
  reading(options, async (client) => {
    const { from, to, json } = options;
    const answer = await client.why(refOf(typed), {
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
    });
    if (json) sayJson(answer);
    else {
      for (const { verdict, sentence } of answer.findings) say(`${verdict.padEnd(9)}  ${harmless(sentence)}`);
      if (answer.isCut) note('there were more ticks: ask again with --from at the last one told');
    }
    return 0;
  });

export async function watchTimers(
  options: ConditionFlags & ShownAs & { readonly count?: string },
): Promise<number> {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  process.once('SIGTERM', () => stop.abort());
  let left = options.count === undefined ? Number.POSITIVE_INFINITY : Number(options.count);
  const onReady = (): void => note('watching; Ctrl-C ends it');
  return reading({}, async (client) => {
    for await (const change of client.watch(conditionOf(options), { signal: stop.signal, onReady })) {
      if (options.json) sayJson(change);
      else {
        const { recordedAt, namespace, key, type, version } = change;
        say(`${recordedAt}  ${harmless(`${namespace}/${key}`)}  ${paint('cyan', type)}  v${version}`);
      }
      left -= 1;
      // several may have come in one piece
      if (left <= 0) break;
    }
    return 0;
  });
}

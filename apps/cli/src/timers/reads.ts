import type { TimerClient } from '#client';
import type { TimerRecord } from '#contract';
import { withClient } from '../connection.js';
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
    const timers: TimerRecord[] = [];
    let isMore = false;
    for await (const timer of client.getTimers(conditionOf(options))) {
      isMore = timers.length === Number(limit);
      if (isMore) break;
      timers.push(timer);
    }
    if (json) sayJson(timers);
    else sayTable(timers, timerColumns);
    if (isMore) note(`there are more than ${limit}: narrow it down, or raise --limit`);
    return 0;
  });

export const getTimer = (typed: string, options: Named & { at?: string; asOf?: string }): Promise<number> =>
  reading(options, async (client) => {
    const { at, asOf, json } = options;
    const past = { ...(at !== undefined && { at }), ...(asOf !== undefined && { version: Number(asOf) }) };
    const ref = refOf(typed);
    const timer =
      'timerId' in ref
        ? await client.getTimerById(ref.timerId, past)
        : await client.getTimerByKey(ref.key, past);
    if (json) sayJson(timer);
    else for (const line of factLines(timer)) say(line);
    return 0;
  });

export const timerHistory = (
  typed: string,
  options: Named & { from?: string; to?: string; limit: string },
): Promise<number> =>
  reading(options, async (client) => {
    const { from, to } = options;
    const range = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
    const events = [];
    for await (const event of client.history(refOf(typed), range)) {
      events.push(event);
      if (events.length === Number(options.limit)) break;
    }
    if (options.json) sayJson(events);
    else sayTable(events, historyColumns);
    return 0;
  });

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
      if (left <= 0) stop.abort();
    }
    return 0;
  });
}

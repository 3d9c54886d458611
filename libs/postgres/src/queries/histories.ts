import {
  type EventMeta,
  type Fold,
  foldOn,
  type HistoryEntry,
  type HistoryPage,
  type HistoryRange,
  noFold,
  type PastState,
  pageBytesMax,
  pageLimitMax,
  pastOf,
} from '#engine';
import { type CommandId, type EpochMs, eventFromJson, type TimerId, type TimerState } from '#timer';
import { statement } from '../connection/statement.js';
import { momentText } from './parameters.js';
import type { Reads } from './read-pool.js';

const { text: historySql } = statement('query-history');
const { text: foldStartSql } = statement('query-fold-start');

const versionMax = 2_147_483_647;

export interface VersionRange extends HistoryRange {
  readonly upToVersion?: number;
}

export async function readHistoryPage(
  pool: Reads,
  timerId: TimerId,
  range: VersionRange,
  limit: number,
): Promise<HistoryPage> {
  const { afterVersion = 0, upToVersion = versionMax, from, before } = range;
  const rows = await pool.rows(historySql, [
    timerId,
    withinVersions(afterVersion),
    withinVersions(upToVersion),
    from === undefined ? '-infinity' : momentText(from),
    before === undefined ? 'infinity' : momentText(before),
    Math.min(limit, pageLimitMax),
    pageBytesMax,
  ]);
  const entries = rows.map((row) => entryOf(row as unknown as HistoryRow));
  return { entries, hasMore: Number(rows[0]?.[5] ?? 0) > entries.length };
}

/** What a timer folded to at the end of a range; a long history is read page by page, and only one page is held. */
export async function readPast(
  pool: Reads,
  timerId: TimerId,
  range: Pick<VersionRange, 'upToVersion' | 'before'>,
): Promise<PastState> {
  const start = await foldStart(pool, timerId, range);
  let fold: Fold = noFold;
  for await (const page of pagesFrom(pool, timerId, range, start)) fold = foldOn(fold, page);
  const { entries } = await readHistoryPage(pool, timerId, {}, 1);
  return pastOf(fold, entries[0] ?? null);
}

/** A timer at one of its versions and at the one before; null where that is not known, or it was deleted. */
export interface StatesAround {
  readonly before: TimerState | null;
  readonly state: TimerState | null;
}

/** In one go, held a page at a time. More than `eventsMax` events since the last snapshot are not read: nothing is known then. */
export async function readAround(
  pool: Reads,
  timerId: TimerId,
  version: number,
  eventsMax = versionMax,
): Promise<StatesAround> {
  const start = Math.max(1, await foldStart(pool, timerId, { upToVersion: version }));
  let [earlier, fold] = [noFold, noFold];
  if (version - start < eventsMax) {
    for await (const page of pagesFrom(pool, timerId, { upToVersion: version }, start)) {
      const before = page.filter((entry) => entry.version < version);
      earlier = foldOn(fold, before);
      fold = foldOn(earlier, page.slice(before.length));
    }
  }
  return {
    before: earlier.lastVersion === version - 1 ? earlier.state : null,
    state: fold.lastVersion === version ? fold.state : null,
  };
}

async function* pagesFrom(
  pool: Reads,
  timerId: TimerId,
  range: VersionRange,
  start: number,
): AsyncGenerator<readonly HistoryEntry[]> {
  for (let afterVersion = start - 1, hasMore = true; hasMore; ) {
    const page = await readHistoryPage(pool, timerId, { ...range, afterVersion }, pageLimitMax);
    yield page.entries;
    afterVersion = page.entries.at(-1)?.version ?? versionMax;
    hasMore = page.hasMore;
  }
}

async function foldStart(pool: Reads, timerId: TimerId, { upToVersion, before }: VersionRange) {
  const rows = await pool.rows(foldStartSql, [
    timerId,
    withinVersions(upToVersion ?? versionMax),
    before === undefined ? 'infinity' : momentText(before),
  ]);
  return Number(rows[0]?.[0] ?? 0);
}

/** Any whole number may be asked for; the column holds four bytes. */
const withinVersions = (version: number): number => Math.max(-1, Math.min(version, versionMax));

type HistoryRow = readonly [
  version: number,
  recordedAt: EpochMs,
  commandId: CommandId | null,
  data: string,
  meta: string | null,
];

const entryOf = ([version, recordedAt, commandId, data, meta]: HistoryRow): HistoryEntry => ({
  version,
  recordedAt,
  commandId,
  event: eventFromJson(data),
  meta: meta === null ? {} : metaOf(meta),
});

/** Reads what `metaText` wrote beside the event. */
function metaOf(text: string): EventMeta {
  const { topic, partition, offset, actor, traceparent } = JSON.parse(text) as {
    readonly topic?: string;
    readonly partition?: number;
    readonly offset?: string;
    readonly actor?: string;
    readonly traceparent?: string;
  };
  return {
    ...(topic !== undefined &&
      partition !== undefined &&
      offset !== undefined && { source: { topic, partition, offset: BigInt(offset) } }),
    ...(actor !== undefined && { actor }),
    ...(traceparent !== undefined && { traceparent }),
  };
}

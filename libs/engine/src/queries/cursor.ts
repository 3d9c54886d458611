import { createHash } from 'node:crypto';
import type { EpochMs, TimerCondition, TimerId, TimerState } from '#timer';
import { InvalidCursorError, type TimerOrder } from './timer-queries.js';

/** The last timer of a page: the next page begins after it. */
export type PagePosition =
  | { readonly order: 'id'; readonly id: TimerId }
  | { readonly order: 'key'; readonly key: string; readonly namespace: string }
  | { readonly order: 'nextFireTime'; readonly nextFireAt: EpochMs | null; readonly id: TimerId };

export function positionOf(order: TimerOrder, { id, spec, nextFireAt }: TimerState): PagePosition {
  if (order === 'id') return { order, id };
  return order === 'key' ? { order, key: spec.key, namespace: spec.namespace } : { order, nextFireAt, id };
}

/** Whose order is the same: which comes first. */
export function comparePositions(a: PagePosition, b: PagePosition): number {
  if (a.order === 'key' && b.order === 'key')
    return compareText(a.key, b.key) || compareText(a.namespace, b.namespace);
  if (a.order === 'key' || b.order === 'key') return 0;
  const first =
    a.order === 'nextFireTime' && b.order === 'nextFireTime' ? compareMoments(a.nextFireAt, b.nextFireAt) : 0;
  return first || compareText(a.id, b.id);
}

/** Text in the order of its code points, as bytes of UTF-8 have it; ids are plain, so theirs is any. */
const compareText = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
const compareMoments = (a: EpochMs | null, b: EpochMs | null): number =>
  a === b ? 0 : (a ?? Number.POSITIVE_INFINITY) - (b ?? Number.POSITIVE_INFINITY);

/** Opaque to who carries it; says of which query it is, so that it cannot be carried to another unnoticed. */
export const writeCursor = (condition: TimerCondition, position: PagePosition): string =>
  Buffer.from(JSON.stringify([fingerprint(condition), position])).toString('base64url');

/** @throws InvalidCursorError */
export function readCursor(text: string, condition: TimerCondition, order: TimerOrder): PagePosition {
  const [query, position] = parts(text);
  if (query !== fingerprint(condition) || !isPosition(position) || position.order !== order)
    throw new InvalidCursorError();
  return position;
}

function parts(text: string): unknown[] {
  try {
    const read: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    return Array.isArray(read) ? read : [];
  } catch {
    throw new InvalidCursorError();
  }
}

/** Cursors come from outside, and their values end in a statement: nothing but what `writeCursor` writes passes. */
function isPosition(given: unknown): given is PagePosition {
  if (typeof given !== 'object' || given === null) return false;
  const { order, id, key, namespace, nextFireAt } = given as Readonly<Record<string, unknown>>;
  if (order === 'key') return isText(key) && isText(namespace);
  if (typeof id !== 'string' || !/^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/.test(id)) return false;
  if (order === 'nextFireTime')
    return (
      nextFireAt === null || (Number.isSafeInteger(nextFireAt) && Math.abs(Number(nextFireAt)) <= 8.64e15)
    );
  return order === 'id';
}

const isText = (given: unknown): boolean =>
  typeof given === 'string' && given.isWellFormed() && !given.includes('\0');

const fingerprint = (condition: TimerCondition): string =>
  createHash('sha256').update(canonical(condition)).digest('base64url').slice(0, 12);

/** The same for two conditions that say the same parts in another order. */
const canonical = (condition: TimerCondition): string =>
  JSON.stringify(condition, (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );

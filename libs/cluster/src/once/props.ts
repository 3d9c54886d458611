import { PropsTooLargeError, propsBytesMax } from './errors.js';

// A once-job's timer holds its props. Of a run that has scheduled the job anew it holds two: its own, for its further attempts, and
// those of the next run. No JSON text begins as such a pair does, so no props can be taken for one.

const pairMark = 'again:';

interface Pair {
  /** Of the run that goes on. */
  readonly eventId: string;
  readonly present: unknown;
  readonly next: unknown;
}

/** @throws PropsTooLargeError, TypeError for what is no JSON */
export function propsText(props: unknown): string {
  const text = JSON.stringify(props);
  if (text === undefined)
    throw new TypeError('props are not JSON: give a value that JSON.stringify can write');
  const bytes = Buffer.byteLength(text);
  if (bytes > propsBytesMax) throw new PropsTooLargeError(bytes);
  return text;
}

/** What the timer holds while this run goes on and the next has its props. @throws as `propsText` does */
export function propsAgainText(stored: string | undefined, eventId: string, next: unknown): string {
  propsText(next);
  const pair: Pair = { eventId, present: propsOfRun(stored, eventId), next };
  return `${pairMark}${JSON.stringify(pair)}`;
}

/** Of the run that this event is, whichever attempt. */
export function propsOfRun(stored: string | undefined, eventId: string): unknown {
  const pair = pairOf(stored);
  return pair !== null && pair.eventId === eventId ? pair.present : nextProps(stored);
}

/** Of the run that comes next. */
export function nextProps(stored: string | undefined): unknown {
  const pair = pairOf(stored);
  if (pair !== null) return pair.next;
  return stored === undefined ? null : JSON.parse(stored);
}

const pairOf = (stored: string | undefined): Pair | null =>
  stored?.startsWith(pairMark) === true ? (JSON.parse(stored.slice(pairMark.length)) as Pair) : null;

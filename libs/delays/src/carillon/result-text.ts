import type { Verdict } from '../verdict.js';
import { fieldsOf, readJson } from './read-json.js';

type End = Extract<Verdict, { kind: 'end' }>;

/** How an event ended, as it is kept in the log. Null: it ended well and left nothing. */
export function resultText({ status, result, error }: End): string | null {
  if (status === 'OK' && result === null) return null;
  return JSON.stringify({
    status,
    ...(result !== null && { result }),
    ...(error !== null && { error }),
  });
}

/** Of a result that `resultText` wrote; null: it names none, or somebody else wrote it in a form of their own. */
export function errorOfResult(text: unknown): string | null {
  if (typeof text !== 'string' || !text.startsWith('{"status":"ERROR"')) return null;
  const { error } = fieldsOf(readJson(text));
  return typeof error === 'string' ? error : null;
}

import type { Timer } from '../api/types.ts';

const givenByOwner = [
  'namespace',
  'key',
  'schedPolicyType',
  'schedPolicyExpr',
  'timeZone',
  'hookClass',
  'tags',
  'data',
  'dataEncoding',
  'enable',
  'startAt',
  'endAt',
  'maxFires',
  'jitter',
  'exclude',
  'dst',
  'missed',
  'ackTimeout',
  'retry',
  'preSchedule',
  'maxPause',
  'needsClaim',
  'keepFor',
  'spawn',
] as const;

/** A command for a shell that makes the same timer again, elsewhere or under another key. */
export function curlOf(timer: Timer, origin: string): string {
  const fields: Readonly<Record<string, unknown>> = { ...timer };
  const body = Object.fromEntries(
    givenByOwner.filter((name) => fields[name] !== undefined).map((name) => [name, fields[name]]),
  );
  // a quote within single quotes of a shell: leave them, write it, enter them again
  const quoted = JSON.stringify(body, null, 2).replaceAll("'", `'\\''`);
  return `curl -X POST ${origin}/v1/timers \\\n  -H 'content-type: application/json' \\\n  -d '${quoted}'`;
}

import type { NewTimer } from '#client';
import { messageJsonSchema } from '#contract';

/** What is wrong with an hourly timer, the field that is told, and a piece of what is said to be right. */
export interface WrongTimer {
  readonly wrong: Readonly<Record<string, unknown>>;
  readonly field: string;
  readonly right: string;
}

const long = 'x'.repeat(257);
const large = 'x'.repeat(256 * 1024 + 1);
const wrong = (
  fields: Partial<Record<keyof NewTimer, unknown>>,
  field: string,
  right: string,
): WrongTimer => ({
  wrong: fields,
  field,
  right,
});
const expr = (schedPolicyType: string, schedPolicyExpr: string, right: string): WrongTimer =>
  wrong({ schedPolicyType, schedPolicyExpr }, 'schedPolicyExpr', right);

/** What makes no sense though it has the right form: every field, every kind of mistake. */
export const senselessTimers: readonly WrongTimer[] = [
  wrong({ key: '' }, 'key', 'should not be empty'),
  wrong({ key: long }, 'key', '256 characters'),
  wrong({ key: 'a\u0000' }, 'key', 'Postgres text cannot'),
  wrong({ key: 'a\ud800' }, 'key', 'no UTF-8 text can'),
  wrong({ namespace: '' }, 'namespace', 'should not be empty'),
  wrong({ namespace: 'a b' }, 'namespace', 'A-Z a-z 0-9'),
  wrong({ namespace: long }, 'namespace', '1 to 256'),
  wrong({ timeZone: 'Nowhere/City' }, 'timeZone', 'IANA name'),
  wrong({ timeZone: '+25:00' }, 'timeZone', 'IANA name'),
  wrong({ schedPolicyType: '' }, 'schedPolicyType', 'should not be empty'),
  wrong({ schedPolicyType: 'SOMETIMES' }, 'schedPolicyType', 'one of INTERVAL'),
  expr('INTERVAL', '', '1h30m'),
  expr('INTERVAL', 'soon', '1h30m'),
  expr('INTERVAL', '0s', 'at least 1 ms'),
  expr('INTERVAL', '-1h', '1h30m'),
  expr('INTERVAL', '90', 'no unit'),
  expr('INTERVAL', 'P1M', 'PT90M'),
  expr('INTERVAL', '40000d', 'hundred years'),
  expr('AFTER_FINISH', 'soon', '1h30m'),
  expr('ROUNDED', '0', '1h30m'),
  expr('ONCE', 'tomorrow', 'an instant (2027-03-28T09:00:00Z)'),
  expr('ONCE', '2027-02-30T00:00:00Z', 'an instant (2027-03-28T09:00:00Z)'),
  expr('ON_CLOSE', '1h', 'takes no expression'),
  expr('CRON', '', 'expected 5 fields'),
  expr('CRON', '61 * * * *', '0–59'),
  expr('CRON', '0 9 * *', 'expected 5 fields'),
  expr('CRON', '0 9 * * MOO', '0–6'),
  expr('CRON', '*/0 * * * *', 'at least 1'),
  expr('CRON', '@fortnightly', '@weekly, @daily'),
  expr('CRON', '@every soon', '1h30m'),
  expr('CRON', 'CRON_TZ=Nowhere/City 0 9 * * *', 'IANA name'),
  expr('CRON', `0 9 * * ${'1,'.repeat(200)}1`, '256 characters'),
  wrong({ hookClass: 'a/b' }, 'hookClass', 'at most 64'),
  wrong({ hookClass: 'x'.repeat(65) }, 'hookClass', 'at most 64'),
  wrong({ tags: [''] }, 'tags', 'not empty'),
  wrong({ tags: [long] }, 'tags', '256 characters'),
  wrong({ tags: ['a\u0000'] }, 'tags', 'Postgres text cannot'),
  wrong({ tags: Array.from({ length: 65 }, (_, n) => `t${n}`) }, 'tags', 'at most 64'),
  wrong({ data: large }, 'data', 'at most 262144'),
  wrong({ summaryData: large }, 'summaryData', 'at most 262144'),
  wrong({ maxFires: 0 }, 'maxFires', 'from 1 up'),
  wrong({ jitter: '2h' }, 'jitter', 'below the interval'),
  wrong({ jitter: 'some' }, 'jitter', '1h30m'),
  wrong({ exclude: ['someday'] }, 'exclude', '2026-12-25'),
  wrong({ exclude: ['2027-01-02/2026-12-24'] }, 'exclude', '2026-12-24'),
  wrong(
    { schedPolicyType: 'ONCE', schedPolicyExpr: '1h', exclude: ['2026-12-25'] },
    'exclude',
    'leave exclude out',
  ),
  wrong({ endAt: '2020-01-01T00:00:00Z' }, 'endAt', 'before startAt'),
  wrong({ ackTimeout: '0s' }, 'ackTimeout', '1 ms'),
  wrong({ retry: { min: 'x' } }, 'retry.min', '1h30m'),
  wrong({ retry: { max: '0s' } }, 'retry.max', '1 ms'),
  wrong({ retry: { min: '2h', max: '1h' } }, 'retry.min', 'longer than'),
  wrong({ preSchedule: { timeout: 'never' } }, 'preSchedule.timeout', '1h30m'),
  wrong({ maxPause: '0s' }, 'maxPause', '1 ms'),
  wrong({ keepFor: 'long' }, 'keepFor', '1h30m'),
  wrong({ missed: { within: 'long' } }, 'missed.serviceDown.within', '1h30m'),
  wrong({ missed: { paused: { within: '0s' } } }, 'missed.paused.within', '1 ms'),
  wrong({ missed: { createdLate: { within: 'x' } } }, 'missed.createdLate.within', '1h30m'),
  wrong({ spawn: {}, schedPolicyType: 'AFTER_FINISH' }, 'spawn', 'use INTERVAL, CRON or ONCE'),
  wrong({ spawn: {}, hookClass: 'mail' }, 'hookClass', 'spawn.timer.hookClass'),
  wrong({ spawn: { openMax: 0 } }, 'spawn.openMax', '1 to 1000'),
  wrong({ spawn: { openMax: 1_001 } }, 'spawn.openMax', '1 to 1000'),
  wrong({ spawn: { timer: { hookClass: 'a/b' } } }, 'spawn.timer.hookClass', 'at most 64'),
  wrong({ spawn: { timer: { ackTimeout: '0s' } } }, 'spawn.timer.ackTimeout', '1 ms'),
  wrong({ spawn: {}, key: 'x'.repeat(225) }, 'key', 'at most 224'),
  wrong({ key: 7 }, 'key', 'expected string'),
  wrong({ namespace: 7 }, 'namespace', 'expected string'),
  // of the right type, and none of its values
  wrong({ dst: { gap: 'jump' } }, 'timer.dst.gap', 'expected one of'),
  wrong({ dst: { overlap: 'none' } }, 'timer.dst.overlap', 'expected one of'),
  wrong({ missed: { policy: 'some' } }, 'timer.missed.policy', 'expected one of'),
  wrong({ missed: { max: 0 } }, 'timer.missed.max', 'expected number to be >0'),
  wrong({ retry: { backoff: 'linear' } }, 'timer.retry.backoff', 'expected one of'),
  wrong({ retry: { maxAttempts: -1 } }, 'timer.retry.maxAttempts', 'expected number to be >=0'),
  wrong({ preSchedule: { onTimeout: 'wait' } }, 'timer.preSchedule.onTimeout', 'expected one of'),
  wrong({ spawn: { overlap: 'replace' } }, 'timer.spawn.overlap', 'expected one of'),
  wrong({ dataEncoding: 'hex', data: '00' }, 'timer.dataEncoding', 'expected "base64"'),
  wrong({ maxFires: 1.5 }, 'timer.maxFires', 'expected int'),
  wrong({ startAt: '2030-01-01' }, 'timer.startAt', 'expected an RFC 3339 moment'),
  wrong({ startAt: '2030-02-30T00:00:00Z' }, 'timer.startAt', 'expected an RFC 3339 moment'),
  wrong({ endAt: '2040-13-01T00:00:00Z' }, 'timer.endAt', 'expected an RFC 3339 moment'),
  wrong({ watermark: 'yesterday' }, 'timer.watermark', 'expected an RFC 3339 moment'),
  // and what no timer has
  wrong({ surprise: 1 } as object, 'timer.surprise', 'not a field'),
  wrong({ retry: { surprise: 1 } }, 'timer.retry.surprise', 'not a field'),
];

interface Node {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly anyOf?: readonly Node[];
}

/** Every place of a timer's schema, by its path. */
function placesOf(node: Node, path: readonly string[] = []): (readonly [readonly string[], string])[] {
  const { type = 'string', properties = {} } = node.anyOf?.find((one) => one.type !== 'null') ?? node;
  const within = Object.entries(properties).flatMap(([name, inner]) => placesOf(inner, [...path, name]));
  return path.length === 0 ? within : [[path, type], ...within];
}

const schema = messageJsonSchema('CreateTimer') as { readonly properties: { readonly timer: Node } };

/** Each place in turn, those within others too, with a value of another type. */
export const mistypedTimers: readonly WrongTimer[] = placesOf(schema.properties.timer).map(
  ([path, type]) => ({
    wrong: path.reduceRight<unknown>(
      (inner, name) => ({ [name]: inner }),
      type === 'number' || type === 'integer' || type === 'boolean' ? 'odd' : 7,
    ) as WrongTimer['wrong'],
    field: `timer.${path.join('.')}`,
    right: 'expected ',
  }),
);

export const wrongTimers: readonly WrongTimer[] = [...senselessTimers, ...mistypedTimers];

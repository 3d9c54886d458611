import { describe, expect, it } from 'vitest';
import {
  createSchedEventPolicy,
  defaultDst,
  defaultRetry,
  type EpochMs,
  type EventId,
  mintEventId,
  mintTimerId,
  murmur2,
  parseDuration,
  slotOf,
  slotOfTimerId,
  specFrom,
  type TimerInput,
  validateTimeZone,
} from '#timer';
import { backoffMs } from '../life/backoff.js';
import { validateSpec } from '../life/validate.js';

describe('durations', () => {
  it.each([
    ['250ms', 250],
    ['30s', 30_000],
    ['1h30m', 5_400_000],
    ['1.5d', 129_600_000],
    ['1d3.5h', 99_000_000],
    ['0.1m', 6_000],
    ['.5s', 500],
    ['PT90M', 5_400_000],
    ['P1DT12H', 129_600_000],
    ['P2W', 1_209_600_000],
    ['PT0.25S', 250],
  ])('%s is %d ms', (text, ms) => expect(parseDuration(text)).toEqual({ ok: true, ms }));
  it.each([
    '',
    '11',
    '1x',
    '-1s',
    '0s',
    '0.4ms',
    '1h 30m',
    'PT',
    'P',
    'P1Y',
    'P1M',
    'PT1H30',
    '1e3s',
    '101000000d',
    'Infinitys',
  ])('refuses %s', (text) =>
    expect(parseDuration(text)).toMatchObject({
      ok: false,
      message: expect.stringContaining('write for example'),
    }),
  );
});

describe('zones', () => {
  it.each([
    '',
    'SYSTEM',
    'utc',
    'Europe/Paris',
    'America/Argentina/Buenos_Aires',
    '+08:00',
    '+0800',
    '-12:59',
    '+14:00',
  ])('takes %s', (zone) => expect(validateTimeZone(zone)).toBeNull());
  it.each(['tidb', 'Mars/Olympus', '+14:01', '-13:00', '+25:00', '+08:60', 'Europe/Paris; drop'])(
    'refuses %s',
    (zone) => expect(validateTimeZone(zone)).toContain('Unknown or incorrect time zone'),
  );
});

const ticks = (expr: string, from: string, count: number, zone = '', dst = defaultDst): string[] => {
  const reading = createSchedEventPolicy('CRON', expr, zone, dst);
  if (!reading.ok) throw new Error(reading.message);
  const result: string[] = [];
  let last = Date.parse(from) as EpochMs;
  for (let i = 0; i < count; i += 1) {
    const next = reading.policy.tickAfter(last, {
      createTime: last,
      startAt: null,
      watermark: last,
      lastTick: null,
      closedAt: null,
    });
    if (next === null) break;
    result.push(new Date(next).toISOString().slice(0, 19));
    last = next;
  }
  return result;
};

describe('cron', () => {
  it.each([
    ['0 9 * * 1-5', '2026-11-27T09:00:00Z', ['2026-11-30T09:00:00']],
    ['*/20 * * * *', '2026-11-24T10:05:00Z', ['2026-11-24T10:20:00', '2026-11-24T10:40:00']],
    [
      '5/20 * * * *',
      '2026-11-24T10:00:00Z',
      ['2026-11-24T10:05:00', '2026-11-24T10:25:00', '2026-11-24T10:45:00', '2026-11-24T11:05:00'],
    ],
    ['30 0 9 * * *', '2026-11-24T09:00:29.999Z', ['2026-11-24T09:00:30']],
    ['0 0 1 * MON', '2026-11-24T00:00:00Z', ['2026-11-30T00:00:00', '2026-12-01T00:00:00']],
    ['0 0 ? JAN,mar *', '2026-12-31T00:00:00Z', ['2027-01-01T00:00:00']],
    ['* * 29 2 *', '2021-12-01T00:00:00Z', ['2024-02-29T00:00:00']],
    ['@monthly', '2026-11-24T10:00:00Z', ['2026-12-01T00:00:00']],
    ['@weekly', '2026-11-24T10:00:00Z', ['2026-11-29T00:00:00']],
    ['@every 90s', '2026-11-24T10:00:00.700Z', ['2026-11-24T10:01:30']],
    ['@every 100ms', '2026-11-24T10:00:00Z', ['2026-11-24T10:00:01']],
    ['CRON_TZ=Asia/Tokyo 0 9 * * *', '2026-11-24T10:00:00Z', ['2026-11-25T00:00:00']],
  ])('%s after %s', (expr, from, expected) => expect(ticks(expr, from, expected.length)).toEqual(expected));
  it('never comes for a date that no calendar has', () => {
    expect(ticks('0 0 30 2 *', '2026-11-24T10:00:00Z', 1)).toEqual([]);
    expect(ticks('0 0 31 4,6 *', '2026-11-24T10:00:00Z', 1)).toEqual([]);
  });
  it.each([
    '61 * * * *',
    'aaa',
    '* * * *',
    '* * * * * * *',
    '',
    '0 0 * * 7',
    '0 0 L * *',
    '0 0 * * 1#2',
    '0 0 15W * *',
    '*/0 * * * *',
    '5-1 * * * *',
    '0 0 * * MON-',
    'TZ=x',
    'TZ=',
    'TZ=Mars/X * * * * *',
    'H * * * *',
    '@never',
    '@every',
    '@every 0s',
    '0 0 0 * *',
  ])('refuses %s', (expr) =>
    expect(createSchedEventPolicy('CRON', expr, '', defaultDst)).toMatchObject({
      ok: false,
      message: expect.stringContaining('schedule event configuration is not valid'),
    }),
  );
  it('skips or shifts what a zone skips, and takes one or both of what it repeats', () => {
    const gap = (policy: 'skip' | 'shift') =>
      ticks('30 2 * * *', '2027-03-27T12:00:00Z', 2, 'Europe/Paris', { gap: policy, overlap: 'both' });
    expect(gap('skip')).toEqual(['2027-03-29T00:30:00', '2027-03-30T00:30:00']);
    expect(gap('shift')).toEqual(['2027-03-28T01:00:00', '2027-03-29T00:30:00']);
    const repeated = (overlap: 'first' | 'second' | 'both') =>
      ticks('30 2 * * *', '2027-10-30T12:00:00Z', 2, 'Europe/Paris', { gap: 'skip', overlap });
    expect(repeated('both')).toEqual(['2027-10-31T00:30:00', '2027-10-31T01:30:00']);
    expect(repeated('first')).toEqual(['2027-10-31T00:30:00', '2027-11-01T01:30:00']);
    expect(repeated('second')).toEqual(['2027-10-31T01:30:00', '2027-11-01T01:30:00']);
  });
});

const spec = (timer: Partial<TimerInput>, namespace = 'n', key = 'k') =>
  validateSpec(specFrom(namespace, key, { schedPolicyType: 'INTERVAL', schedPolicyExpr: '1h', ...timer }));

describe('validation names the field', () => {
  it('takes a plain timer', () => expect(spec({})).toBeNull());
  it.each<[string, Partial<TimerInput>]>([
    ['timeZone', { timeZone: 'Mars/X' }],
    ['schedPolicyType', { schedPolicyType: '' }],
    ['schedPolicyType', { schedPolicyType: 'aa' }],
    ['schedPolicyType', { schedPolicyType: 'cron' }],
    ['timeZone', { timeZone: `Europe/${'x'.repeat(60)}` }],
    ['schedPolicyExpr', { schedPolicyType: 'CRON', schedPolicyExpr: `${'0,'.repeat(200)}0 * * * *` }],
    ['ackTimeout', { ackTimeout: `${'0'.repeat(64)}1s` }],
    ['schedPolicyExpr', { schedPolicyExpr: '0m' }],
    ['schedPolicyExpr', { schedPolicyType: 'ONCE', schedPolicyExpr: 'tomorrow' }],
    ['schedPolicyExpr', { schedPolicyType: 'ONCE', schedPolicyExpr: '2027-03-28T09:00:00' }],
    ['schedPolicyExpr', { schedPolicyType: 'ON_CLOSE', schedPolicyExpr: '1s' }],
    ['hookClass', { hookClass: 'a b' }],
    ['tags', { tags: [''] }],
    ['tags', { tags: Array.from({ length: 65 }, (_, i) => `t${i}`) }],
    ['data', { data: { text: 'x'.repeat(262_145) } }],
    ['endAt', { startAt: 2 as EpochMs, endAt: 1 as EpochMs }],
    ['maxFires', { maxFires: 0 }],
    ['jitter', { jitter: '1h' }],
    ['ackTimeout', { ackTimeout: 'soon' }],
    ['retry.maxAttempts', { retry: { maxAttempts: -1 } }],
    ['retry.min', { retry: { min: '2h', max: '1h' } }],
    ['retry.max', { retry: { max: 'x' } }],
    ['preSchedule.timeout', { preSchedule: { timeout: '0s' } }],
    ['maxPause', { maxPause: '0s' }],
    ['missed.paused.within', { missed: { paused: { within: 'x' } } }],
    ['missed.serviceDown.max', { missed: { max: 0 } }],
    ['dst.gap', { dst: { gap: 'jump' as never } }],
  ])('%s', (field, timer) =>
    expect(spec(timer)).toMatchObject({
      code: 'invalid-spec',
      field,
      message: expect.stringMatching(/.{10}/),
    }),
  );
  it.each(['aa', 'cron'])('and an unknown type with the types there are (%s)', (schedPolicyType) =>
    expect(spec({ schedPolicyType })).toMatchObject({
      message: `schedule event configuration is not valid: invalid schedule event type: '${schedPolicyType}'; one of INTERVAL, CRON, ONCE, AFTER_FINISH, ROUNDED, ON_CLOSE`,
    }),
  );
  it('and tells the first fault, in a fixed order', () => {
    const wrong = { timeZone: 'Mars/X', schedPolicyType: '', schedPolicyExpr: '1x', tags: [''], maxFires: 0 };
    const right = { timeZone: '', schedPolicyType: 'INTERVAL', schedPolicyExpr: '1h', tags: [], maxFires: 1 };
    const told = [];
    for (let fixed = 0; fixed <= 5; fixed += 1) {
      const mended = Object.fromEntries(Object.entries(right).slice(0, fixed));
      told.push(spec({ ...wrong, ...mended } as Partial<TimerInput>)?.field ?? null);
    }
    expect([spec(wrong, '', '')?.field, spec(wrong, 'n', '')?.field, ...told]).toEqual([
      'namespace',
      'key',
      'timeZone',
      'schedPolicyType',
      'schedPolicyExpr',
      'tags',
      'maxFires',
      null,
    ]);
  });
  it('of a name', () => {
    expect(spec({}, '')).toMatchObject({ field: 'namespace' });
    expect(spec({}, 'a/b')).toMatchObject({ field: 'namespace' });
    expect(spec({}, 'n', '')).toMatchObject({ field: 'key' });
    expect(spec({}, 'n', 'a\u0000')).toMatchObject({ field: 'key' });
    expect(spec({}, 'n', '\ud800')).toMatchObject({ field: 'key' });
    expect(spec({}, 'n', '😀'.repeat(257))).toMatchObject({ field: 'key' });
    expect(spec({}, 'n', '😀/ü %_'.repeat(10))).toBeNull();
  });
});

describe('identity', () => {
  it('hashes as the Java client of Kafka does', () => {
    // org.apache.kafka.common.utils.UtilsTest.testMurmur2
    const vectors: [string, number][] = [
      ['21', -973932308],
      ['foobar', -790332482],
      ['a-little-bit-long-string', -985981536],
      ['a-little-bit-longer-string', -1486304829],
      ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
      ['abc', 479470107],
    ];
    for (const [text, hash] of vectors) expect(murmur2(Buffer.from(text))).toBe(hash);
  });
  it('carries the slot in a UUIDv7', () => {
    for (let slot = 0; slot < 256; slot += 1) {
      const id = mintTimerId(1_764_000_000_123, slot, crypto.getRandomValues(new Uint8Array(9)));
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(slotOfTimerId(id)).toBe(slot);
      expect(Number.parseInt(id.replace('-', '').slice(0, 12), 16)).toBe(1_764_000_000_123);
    }
    expect(mintEventId(1, crypto.getRandomValues(new Uint8Array(10)))).toMatch(/-7[0-9a-f]{3}-[89ab]/);
    expect(slotOf('default', 'a')).toBeLessThan(256);
  });
});

describe('backoff', () => {
  it('doubles from the least to the most, and never overflows', () => {
    const waits = Array.from({ length: 80 }, (_, i) =>
      backoffMs({ ...defaultRetry, jitter: false }, 'e' as EventId, i + 1),
    );
    expect(waits.slice(0, 4)).toEqual([250, 500, 1_000, 2_000]);
    expect(Math.max(...waits)).toBe(600_000);
    expect(waits.every((wait, i) => i === 0 || wait >= (waits[i - 1] ?? 0))).toBe(true);
  });
  it('spreads by event and attempt, the same each time it is decided', () => {
    const wait = (id: string) => backoffMs(defaultRetry, id as EventId, 5);
    expect(wait('a')).toBe(wait('a'));
    expect(new Set(Array.from({ length: 50 }, (_, i) => wait(`e${i}`))).size).toBeGreaterThan(40);
    for (let i = 0; i < 50; i += 1) expect(wait(`e${i}`)).toBeGreaterThanOrEqual(2_000);
  });
});

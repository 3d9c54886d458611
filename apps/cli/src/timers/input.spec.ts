import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UsageError } from '../errors/exit-codes.js';
import { fieldsOf } from './input.js';

it('reads one schedule, fields and --set, the last word winning', () =>
  expect(
    fieldsOf({
      cron: '0 9 * * *',
      timeZone: 'Europe/Paris',
      tag: ['a'],
      maxFires: '3',
      set: ['jitter=5s', 'enable=false', 'timeZone="UTC"'],
    }),
  ).toEqual({
    schedPolicyType: 'CRON',
    schedPolicyExpr: '0 9 * * *',
    timeZone: 'UTC',
    tags: ['a'],
    maxFires: 3,
    jitter: '5s',
    enable: false,
  }));
it('refuses two schedules, and a --set without a value', () => {
  expect(() => fieldsOf({ cron: '* * * * *', interval: '5s' })).toThrow(UsageError);
  expect(() => fieldsOf({ set: ['enable'] })).toThrow('field=value');
});
it('clears with null', () => expect(fieldsOf({ set: ['endAt=null'] })).toEqual({ endAt: null }));

describe('--spec', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'carillon-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const fieldsIn = (text: string) => {
    const spec = join(folder, 'timer.yaml');
    writeFileSync(spec, text);
    return fieldsOf({ spec });
  };

  it('reads the fields of one timer, in YAML or JSON', () => {
    expect(fieldsIn('jitter: 5s')).toEqual({ jitter: '5s' });
    expect(fieldsIn('{"jitter": "5s"}')).toEqual({ jitter: '5s' });
  });
  it.each(['tags: [a', '{"tags":', 'jitter: *nothing', 'jitter: 5s\n---\njitter: 6s', '- a', ''])(
    'refuses what makes no sense as wrong words: %j',
    (text) => expect(() => fieldsIn(text)).toThrow(UsageError),
  );
});

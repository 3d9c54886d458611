import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { quotaVariables } from './quotas.js';

const schema = z.object(quotaVariables);
const problems = (QUOTAS: string): string[] =>
  schema.safeParse({ QUOTAS }).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ??
  [];

describe('QUOTAS', () => {
  it('is empty by default', () => {
    for (const given of [{}, { QUOTAS: '' }]) expect(schema.parse(given)).toEqual({ QUOTAS: {} });
  });
  it('names namespaces, and * for all others', () => {
    const quotas = {
      '*': { timers: 1_000, commandsPerSecond: 100, commandsBurst: 200 },
      billing: { timers: null, payloadBytes: 65_536 },
    };
    expect(schema.parse({ QUOTAS: JSON.stringify(quotas) })).toEqual({ QUOTAS: quotas });
  });
  it.each([
    ['{', 'QUOTAS: expected JSON, for example {"*"'],
    ['[]', 'QUOTAS: Invalid input: expected record'],
    ['{"a":{"timer":1}}', 'QUOTAS.a: Unrecognized key: "timer"'],
    ['{"a":{"timers":-1}}', 'QUOTAS.a.timers: Too small'],
    ['{"a":{"commandsPerSecond":0.5}}', 'QUOTAS.a.commandsPerSecond: Invalid input: expected int'],
    ['{"a":{"payloadBytes":99999999}}', 'QUOTAS.a.payloadBytes: Too big'],
    ['{"bill*":{}}', 'QUOTAS.bill*: is no namespace'],
    ['{"a":{"commandsBurst":5}}', 'QUOTAS.a: commandsBurst needs commandsPerSecond'],
    [
      '{"*":{"commandsPerSecond":5},"a":{"commandsPerSecond":null,"commandsBurst":5}}',
      'QUOTAS.a: commandsBurst',
    ],
  ])('that is %s is refused with what would be right', (text, told) =>
    expect(problems(text).join()).toContain(told),
  );
  it('takes a burst beside a rate that all have', () =>
    expect(problems('{"*":{"commandsPerSecond":5},"a":{"commandsBurst":5}}')).toEqual([]));
});

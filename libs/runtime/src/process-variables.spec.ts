import { expect, it } from 'vitest';
import { z } from 'zod';
import { InvalidConfiguration, loadConfig } from './config.js';
import { httpVariables, partitionsVariable, processVariables } from './process-variables.js';

const schema = z.object({ ...processVariables, ...partitionsVariable });
const problemsOf = (env: Record<string, string>): readonly string[] => {
  try {
    loadConfig(schema, env);
    return [];
  } catch (error) {
    if (error instanceof InvalidConfiguration) return error.problems;
    throw error;
  }
};

it('has a default for everything', () =>
  expect(loadConfig(schema, {})).toEqual({ LOG_LEVEL: 'info', PARTITIONS: 8 }));

it('takes an empty variable for none: a server stays on this machine, on its own port', () => {
  const whole = z.object({ ...schema.shape, ...httpVariables(8_080, 'of the api') });
  const empty = { LOG_LEVEL: '', PARTITIONS: '', HTTP_HOST: '', HTTP_PORT: '' };
  expect(loadConfig(whole, empty)).toEqual({
    LOG_LEVEL: 'info',
    PARTITIONS: 8,
    HTTP_HOST: '127.0.0.1',
    HTTP_PORT: 8_080,
  });
});

it.each(['1', '2', '64', '256'])('takes PARTITIONS=%s', (PARTITIONS) =>
  expect(problemsOf({ PARTITIONS })).toEqual([]),
);

it.each(['0', '6', '255', '512', '1.5', 'many'])('refuses PARTITIONS=%s', (PARTITIONS) =>
  expect(problemsOf({ PARTITIONS })).toEqual([expect.stringMatching(/^PARTITIONS: /)]),
);

it('tells of every problem at once, a level that no log has among them', () =>
  expect(problemsOf({ LOG_LEVEL: 'loud', PARTITIONS: '6' })).toEqual([
    expect.stringMatching(/^LOG_LEVEL: .*"silent"/),
    'PARTITIONS: a power of two: 1, 2, 4, … 256',
  ]));

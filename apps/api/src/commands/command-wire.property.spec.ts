import fc from 'fast-check';
import { expect, it } from 'vitest';
import { commandBytesMax, commandRecord, parseCommand } from '#contract';
import { wrongTimers } from '#testing';
import { commandOf } from '../../../../libs/client/src/command-of.js';
import { ProblemError } from '../http/problem-error.js';
import { newTimerCall } from '../timers/create-many.js';
import { wireOf } from './command-wire.js';

// One reader for all ways in: whatever a body holds, HTTP refuses it with the words that the record of a client meets, and
// passes on what that record would say.

const id = '018f0000-0000-7000-8000-000000000001';
const context = {
  actor: undefined,
  idempotencyKey: undefined,
  version: null,
  preference: { respondAsync: false, waitMs: null },
  freshId: id,
} as never;
const hourly = { namespace: 'n', key: 'k', schedPolicyType: 'INTERVAL', schedPolicyExpr: '1h' };
const fields = [...new Set(wrongTimers.flatMap(({ wrong }) => Object.keys(wrong)))];
const body = fc
  .tuple(
    fc.constantFrom(...wrongTimers),
    fc.dictionary(fc.oneof(fc.constantFrom(...fields), fc.string()), fc.jsonValue({ maxDepth: 3 }), {
      maxKeys: 3,
    }),
    fc.nat(3),
  )
  .map(([{ wrong }, odd, which]) => ({
    ...hourly,
    ...(which < 2 && wrong),
    ...(which > 0 && odd),
  }));

function byHttp(given: Readonly<Record<string, unknown>>): unknown {
  try {
    return wireOf(newTimerCall(given, context));
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const { code, field, detail } = error.problem;
    return { code, field, message: detail };
  }
}

function byKafka({ key, namespace, ...timer }: Readonly<Record<string, unknown>>): unknown {
  const ref = { key, namespace } as never;
  const wire = commandOf({ type: 'CreateTimer', id, ref, body: { timer } as never }, 'default');
  const record = commandRecord(wire);
  const read = parseCommand(
    { key: Buffer.from(String(record.key)), value: Buffer.from(record.value) },
    commandBytesMax,
  );
  return read.ok ? wire : { field: undefined, ...read.rejection };
}

it('reads a new timer as Kafka does, whatever is wrong with it', () => {
  let refused = 0;
  fc.assert(
    fc.property(body, (given) => {
      // a client takes null for its own namespace
      fc.pre(given.namespace !== null);
      const told = byHttp(given);
      expect(told).toEqual(byKafka(given));
      if (typeof told === 'object' && told !== null && 'code' in told) refused += 1;
    }),
    { numRuns: 2_000 },
  );
  expect(refused).toBeGreaterThan(500);
});

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { dueEventSchema } from '../due-event.js';
import {
  type CommandType,
  type CommandWire,
  commandBytesMax,
  commandSchemas,
  deadEvent,
  parseCommand,
  timerRecordSchema,
} from '../index.js';
import { AesGcmCipher } from './aes-gcm-cipher.js';
import { openFields, sealFields } from './sealed-fields.js';

type Json = Readonly<Record<string, unknown>>;
type Path = readonly string[];

const cipher = new AesGcmCipher({ keys: { k1: new Uint8Array(32).fill(1) }, current: 'k1' });
/** What hooks write for people; see docs/guide/encryption.md. */
const openFieldNames = ['result', 'progress'];

/** Paths of the payloads, by what tells them from other text: they have their encoding beside them. */
function payloadsOf(schema: unknown, path: Path = []): Path[] {
  const { properties = {}, items, anyOf = [] } = schema as { properties?: Json; items?: unknown; anyOf?: [] };
  return [
    ...Object.entries(properties).flatMap(([name, inner]) => [
      ...(`${name}Encoding` in properties ? [[...path, name]] : []),
      ...payloadsOf(inner, [...path, name]),
    ]),
    ...(items === undefined ? [] : payloadsOf(items, [...path, '0'])),
    ...anyOf.flatMap((inner) => payloadsOf(inner, path)),
  ];
}
const payloadsIn = (schema: z.ZodType): Path[] =>
  payloadsOf(z.toJSONSchema(schema, { io: 'input' })).filter(
    (path) => !openFieldNames.includes(path.at(-1) ?? ''),
  );

const at = (node: unknown, path: Path): unknown =>
  path.reduce<unknown>((inner, name) => (inner as Json | undefined)?.[name], node);
function put(node: unknown, [name, ...rest]: Path, given: unknown): unknown {
  if (name === undefined) return given;
  const fields = (node ?? {}) as Json;
  return { ...fields, [name]: put(fields[name], rest, given) };
}

interface Payload {
  readonly text: string;
  readonly encoding: 'base64' | undefined;
}
/** With this in the place of each of these payloads. */
const filled = (node: unknown, paths: readonly Path[], { text, encoding }: Payload): unknown =>
  paths.reduce(
    (before, path) =>
      put(put(before, path, text), [...path.slice(0, -1), `${path.at(-1)}Encoding`], encoding),
    node,
  );

const samples = JSON.parse(
  readFileSync(new URL('../../samples/commands.json', import.meta.url), 'utf8'),
) as readonly (Json & { readonly type: CommandType })[];
/** One command of every type, each with all the payloads that its type may have. */
const full = (payload: Payload): CommandWire[] =>
  samples.map(
    (sample) => filled(sample, payloadsIn(commandSchemas[sample.type]), payload) as unknown as CommandWire,
  );

const payload = fc.oneof(
  fc.string({ unit: 'binary' }).map((some): Payload => ({ text: `hush ${some}`, encoding: undefined })),
  fc.uint8Array().map((some): Payload => {
    const text = Buffer.concat([Buffer.from('hush'), some]).toString('base64');
    return { text, encoding: 'base64' };
  }),
);

/** Every text in it, wherever it stands. */
const textsOf = (node: unknown): string[] => {
  if (typeof node === 'string') return [node];
  return typeof node === 'object' && node !== null ? Object.values(node).flatMap(textsOf) : [];
};
const isTaken = (command: CommandWire): boolean =>
  parseCommand({ key: null, value: Buffer.from(JSON.stringify(command)) }, commandBytesMax).ok;

it('no sealed command of any type holds the text of any payload, each is one that is taken, and opens again', async () => {
  await fc.assert(
    fc.asyncProperty(payload, async (given) => {
      for (const command of full(given)) {
        expect(isTaken(command)).toBe(true);
        const sealed = await sealFields(command, cipher);
        expect(textsOf(sealed).filter((text) => text.includes(given.text))).toEqual([]);
        expect(isTaken(sealed)).toBe(true);
        expect(await openFields(sealed, cipher)).toEqual(command);
      }
    }),
    { numRuns: 20 },
  );
});

it('finds the payloads of the commands', () => {
  const found = Object.entries(commandSchemas).flatMap(([type, schema]) =>
    payloadsIn(schema).map((path) => `${type}: ${path.join('.')}`),
  );
  expect(found.sort()).toEqual([
    'AnswerPreSchedule: eventData',
    'CloseEvent: summaryData',
    'CreateTimer: timer.data',
    'CreateTimer: timer.spawn.timer.data',
    'CreateTimer: timer.summaryData',
    'RetryEvent: data',
    'UpdateTimer: set.data',
    'UpdateTimer: set.spawn.timer.data',
    'UpdateTimer: set.summaryData',
  ]);
});

const answers = {
  // without its id, which would make it a reference
  TimerRecord: z.object(timerRecordSchema.shape),
  DueEvent: dueEventSchema,
  DeadEvent: deadEvent,
};
const payloadsAnswered = Object.entries(answers).flatMap(([message, schema]) =>
  payloadsIn(schema).map((path) => ({ message, field: path.join('.'), path })),
);

it('finds the payloads of a timer', () => {
  const found = payloadsIn(answers.TimerRecord).map((path) => path.join('.'));
  expect(found).toEqual(['data', 'spawn.timer.data', 'eventData', 'summaryData', 'givenUp.eventData']);
});

it.each(payloadsAnswered)('$message: $field comes back opened', async ({ path }) => {
  const text = 'hush';
  const { timer } = (await sealFields(
    { type: 'CreateTimer', timer: { data: text } } as unknown as CommandWire,
    cipher,
  )) as unknown as { timer: { data: string } };
  const sealed = filled({}, [path], { text: timer.data, encoding: 'base64' }) as object;
  expect(at(await openFields(sealed, cipher), path)).toBe(text);
});

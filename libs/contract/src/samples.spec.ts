import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { eventFromJson, eventToJson, type TimerEventType } from '#timer';
import { eventSchemas } from './event-schemas.js';
import {
  commandBytesMax,
  commandSchemas,
  deadEvent,
  errorCodes,
  parseCommand,
  parseDueRecord,
  parseReply,
} from './index.js';

// Recorded messages of the present version. They are never edited: what was once written must stay readable.

const sample = <T>(name: string, schema: z.ZodType<T>): T =>
  schema.parse(JSON.parse(readFileSync(new URL(`../samples/${name}.json`, import.meta.url), 'utf8')));
const typed = z.looseObject({ type: z.string() });
const wireRecord = z.object({
  key: z.string(),
  value: z.string(),
  headers: z.record(z.string(), z.string()),
});

const commands = sample('commands', z.array(typed));
const events = sample('events', z.array(typed));
const due = sample('due-records', z.object({ due: wireRecord, ask: wireRecord, dead: wireRecord }));
const replies = sample('replies', z.record(z.string(), z.unknown()));

const incoming = ({ value, headers }: z.output<typeof wireRecord>) => ({
  value: Buffer.from(value),
  headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
});

describe('recorded commands', () => {
  it('are one of each type at least', () =>
    expect([...new Set(commands.map(({ type }) => type))].sort()).toEqual(
      Object.keys(commandSchemas).sort(),
    ));
  it.each(commands)('$type is read', (command) => {
    const value = Buffer.from(JSON.stringify(command));
    expect(parseCommand({ key: null, value }, commandBytesMax)).toMatchObject({
      ok: true,
      command: { type: command.type },
    });
  });
});

describe('recorded events', () => {
  it('are one of each type at least', () =>
    expect([...new Set(events.map(({ type }) => type))].sort()).toEqual(Object.keys(eventSchemas).sort()));
  // a field that the schema does not know would be missing from what it answers
  it.each(events)('$type has a schema that knows all of it', (event) =>
    expect(eventSchemas[event.type as TimerEventType].parse(event)).toEqual(event),
  );
  it.each(events)('$type is what the domain reads and writes again', (event) =>
    expect(JSON.parse(eventToJson(eventFromJson(JSON.stringify(event))))).toEqual(event),
  );
});

describe('recorded due events', () => {
  it('a due event is read', () =>
    expect(parseDueRecord(incoming(due.due))).toMatchObject({
      ok: true,
      kind: 'due',
      event: { attempt: 1 },
    }));
  it('a question is told from it by its type', () =>
    expect(parseDueRecord(incoming(due.ask))).toMatchObject({ ok: true, kind: 'ask' }));
  it('a dead letter says how it ended', () =>
    expect(deadEvent.parse(JSON.parse(due.dead.value))).toMatchObject({
      attempts: 1,
      error: 'no answer within 1s',
      givenUpAt: '2027-03-28T08:59:30.000Z',
    }));
});

describe('recorded replies', () => {
  it.each(Object.entries(replies))('%s is read', (_name, reply) =>
    expect(parseReply(JSON.stringify(reply))).toEqual(reply),
  );
});

it('every schema becomes JSON Schema', () => {
  for (const schema of [...Object.values(commandSchemas), ...Object.values(eventSchemas), deadEvent])
    expect(z.toJSONSchema(schema, { io: 'input' })).toMatchObject({ type: 'object' });
});

it('every reason says which commands meet it and what to do next', () => {
  for (const { commands: meeting, means, doNext } of Object.values(errorCodes)) {
    expect(meeting.length).toBeGreaterThan(0);
    expect(`${means}${doNext}`).not.toContain('|');
  }
});

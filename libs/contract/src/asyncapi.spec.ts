import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { eventSchemas } from './event-schemas.js';
import { asyncApiDocument, commandSchemas, messageSchemas } from './index.js';

type Node = Readonly<Record<string, unknown>>;
const official = createRequire(import.meta.url)('@asyncapi/specs/schemas/3.0.0-without-$id.json') as object;
const document = asyncApiDocument();

const at = (pointer: string): unknown =>
  pointer
    .replace('#/', '')
    .split('/')
    .reduce<unknown>((node, name) => (node as Node | undefined)?.[name], document);
const message = (name: string) => at(`#/components/messages/${name}`) as { payload: object; headers: object };

function refsOf(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(refsOf);
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([name, value]) => (name === '$ref' ? [String(value)] : refsOf(value)));
}

const ajv = (): Ajv => {
  const made = new Ajv({ strict: false, allErrors: true });
  formats.default(made);
  return made;
};
const samples = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`../samples/${name}.json`, import.meta.url), 'utf8')) as T;

describe('the AsyncAPI document', () => {
  it('is one by the official schema of AsyncAPI 3', () => {
    const validate = ajv().compile(official);
    validate(document);
    expect(validate.errors).toBeNull();
  });

  it('leads nowhere that is not there', () => {
    const refs = refsOf(document);
    expect(refs.length).toBeGreaterThan(40);
    expect(refs.filter((pointer) => at(pointer) === undefined)).toEqual([]);
  });

  it('has every message of the wire, and every topic under the prefix of the processes', () => {
    const names = Object.keys(at('#/components/messages') as Node);
    expect([...messageSchemas.keys()].filter((name) => !names.includes(name))).toEqual([]);
    const addresses = Object.values(asyncApiDocument('acme').channels as Record<string, { address: string }>);
    expect(addresses.map(({ address }) => address).sort()).toEqual([
      'acme.commands',
      'acme.dead',
      'acme.due.{hookClass}',
      'acme.events',
      'acme.rejected',
      'acme.replies',
    ]);
  });

  it('describes each recorded message as it is, headers too', () => {
    const typed = [...samples<{ type: string }[]>('commands'), ...samples<{ type: string }[]>('events')];
    const known = [...Object.keys(commandSchemas), ...Object.keys(eventSchemas)];
    expect([...new Set(typed.map(({ type }) => type))].sort()).toEqual(known.sort());
    const due = samples<Record<string, { value: string; headers: object }>>('due-records');
    const told = (name: string, part: 'payload' | 'headers', value: unknown) => {
      const validate = ajv().compile(message(name)[part]);
      validate(value);
      return validate.errors;
    };
    for (const one of typed) expect(told(one.type, 'payload', one), one.type).toBeNull();
    for (const [kind, name] of [
      ['due', 'DueEvent'],
      ['ask', 'PreScheduleQuestion'],
      ['dead', 'DeadEvent'],
    ] as const) {
      expect(told(name, 'payload', JSON.parse(due[kind]?.value ?? '')), kind).toBeNull();
      expect(told(name, 'headers', due[kind]?.headers), kind).toBeNull();
    }
    for (const reply of Object.values(samples<object>('replies')))
      expect(told('Reply', 'payload', reply)).toBeNull();
  });

  it('says no to what is no such message', () => {
    const validate = ajv().compile(message('CloseEvent').payload);
    expect(validate({ type: 'CloseEvent', id: 'x' })).toBe(false);
  });
});

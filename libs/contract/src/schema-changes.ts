import type { Direction, JsonSchema } from './json-schemas.js';

// What a new version of a message's schema may not do to those who hold the published one.

type Node = Readonly<Record<string, unknown>>;

/** Bounds of a value; equal or wider for what we read, equal or narrower for what we write. */
const bounds = {
  minimum: 'low',
  exclusiveMinimum: 'low',
  minLength: 'low',
  minItems: 'low',
  maximum: 'high',
  exclusiveMaximum: 'high',
  maxLength: 'high',
  maxItems: 'high',
} as const;

/**
 * Each change that breaks somebody, with its path; empty: only additions. To what we read, nothing may be taken away or
 * become stricter: old writers go on. To what we write, nothing that a reader may rely on may go.
 */
export function breakingChanges(
  published: JsonSchema,
  present: JsonSchema,
  direction: Direction,
  path = '',
): string[] {
  const at = path === '' ? 'the message' : path;
  // what took one thing and takes several now is wider for whoever writes it
  if (direction === 'in' && published.anyOf === undefined && present.anyOf !== undefined) {
    const alternatives = list(present.anyOf).filter(isNode);
    if (alternatives.some((one) => breakingChanges(published, one, direction, path).length === 0)) return [];
  }
  return [
    ...typeChanges(published, present, direction).map((change) => `${at}: ${change}`),
    ...boundChanges(published, present, direction).map((change) => `${at}: ${change}`),
    ...requiredChanges(published, present, direction).map((change) => `${at}: ${change}`),
    ...propertyChanges(published, present, direction, path),
    ...itemChanges(published, present, direction, path),
    ...alternativeChanges(published, present, direction, path),
  ];
}

const list = (value: unknown): readonly unknown[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];
const texts = (value: unknown): string[] => list(value).map((item) => JSON.stringify(item));
const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A type, an enum or a constant: readers must go on to take what was taken, writers to write what was known. */
function typeChanges(published: Node, present: Node, direction: Direction): string[] {
  const changes: string[] = [];
  for (const name of ['type', 'enum', 'const', 'pattern', 'format'] as const) {
    const [before, after] = [texts(published[name]), texts(present[name])];
    const lost = before.filter((item) => !after.includes(item));
    const gained = after.filter((item) => !before.includes(item));
    const isList = name === 'type' || name === 'enum';
    // a list that gains is wider for readers; a pattern that goes away is, too
    if (direction === 'in' && lost.length > 0 && (isList || after.length > 0))
      changes.push(`${name} no longer takes ${lost.join(', ')}`);
    if (direction === 'in' && before.length === 0 && gained.length > 0)
      changes.push(`${name} is bound to ${gained.join(', ')} now`);
    if (direction === 'out' && lost.length > 0 && after.length === 0)
      changes.push(`${name} is not promised any more`);
    if (direction === 'out' && gained.length > 0 && name === 'type' && before.length > 0)
      changes.push(`type may be ${gained.join(', ')} now`);
    if (direction === 'out' && lost.length > 0 && after.length > 0 && !isList)
      changes.push(`${name} was ${lost.join(', ')}`);
  }
  return changes;
}

function boundChanges(published: Node, present: Node, direction: Direction): string[] {
  return Object.entries(bounds).flatMap(([name, side]) => {
    const [before, after] = [published[name], present[name]];
    if (before === after) return [];
    const [was, is] = [Number(before), Number(after)];
    const isNarrower = before === undefined || (side === 'low' ? is > was : is < was);
    const isWider = after === undefined || (side === 'low' ? is < was : is > was);
    const breaks = direction === 'in' ? after !== undefined && isNarrower : before !== undefined && isWider;
    return breaks ? [`${name} was ${before ?? 'absent'} and is ${after ?? 'absent'}`] : [];
  });
}

function requiredChanges(published: Node, present: Node, direction: Direction): string[] {
  const [before, after] = [texts(published.required), texts(present.required)];
  const lost = before.filter((name) => !after.includes(name));
  const gained = after.filter((name) => !before.includes(name));
  if (direction === 'in') {
    const isClosed = published.additionalProperties !== false && present.additionalProperties === false;
    return [
      ...gained.map((name) => `${name} is required now`),
      ...(isClosed ? ['unknown fields are refused now'] : []),
    ];
  }
  return lost.map((name) => `${name} is not always there any more`);
}

function propertyChanges(published: Node, present: Node, direction: Direction, path: string): string[] {
  const before = isNode(published.properties) ? published.properties : {};
  const after = isNode(present.properties) ? present.properties : {};
  return Object.entries(before).flatMap(([name, schema]) => {
    const inner = path === '' ? name : `${path}.${name}`;
    const now = after[name];
    if (now === undefined) return [`${inner}: is gone`];
    return isNode(schema) && isNode(now) ? breakingChanges(schema, now, direction, inner) : [];
  });
}

function itemChanges(published: Node, present: Node, direction: Direction, path: string): string[] {
  const [before, after] = [published.items, present.items];
  if (!isNode(before)) return [];
  return isNode(after) ? breakingChanges(before, after, direction, `${path}[]`) : [`${path}[]: is gone`];
}

/** Each published alternative must still be one, give or take additions. */
function alternativeChanges(published: Node, present: Node, direction: Direction, path: string): string[] {
  return (['anyOf', 'oneOf'] as const).flatMap((name) => {
    const after = list(present[name]).filter(isNode);
    return list(published[name])
      .filter(isNode)
      .flatMap((before, index) => {
        const isKept = after.some((now) => breakingChanges(before, now, direction).length === 0);
        return isKept ? [] : [`${path === '' ? 'the message' : path}: alternative ${index + 1} has changed`];
      });
  });
}

import type { z } from 'zod';

/** What does not fit a schema: the field at fault by its wire name, what is wrong with it, and what would be right. */
export interface Misfit {
  readonly field: string | undefined;
  readonly message: string;
}

const excerptMax = 64;

/** The first thing that is wrong, in the same words wherever the message came in. */
export function explainMisfit(error: z.ZodError, body: unknown): Misfit {
  const [issue] = error.issues;
  if (issue === undefined) return { field: undefined, message: 'the command does not fit its schema' };
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const [unknown = ''] = issue.keys;
    const field = path === '' ? unknown : `${path}.${unknown}`;
    return { field, message: `${field} is not a field of this command` };
  }
  const told = issue.message.includes('received') ? '' : `, not ${excerpt(valueAt(body, issue.path))}`;
  return { field: path, message: `${path}: ${issue.message}${told}` };
}

function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  let value = body;
  for (const name of path) value = (value as Readonly<Record<PropertyKey, unknown>> | undefined)?.[name];
  return value;
}

/** As the sender wrote it, if that is short to tell; what is nested is only named, since it may be of any depth. */
export function excerpt(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value !== 'string') return String(value);
  return JSON.stringify(value.length > excerptMax ? `${value.slice(0, excerptMax - 1)}…` : value);
}

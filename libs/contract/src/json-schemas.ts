import { z } from 'zod';
import { commandSchemas } from './commands.js';
import { deadEvent, dueEventSchema } from './due-event.js';
import { eventSchemas } from './event-schemas.js';
import { replySchema } from './replies.js';

/** `in`: somebody writes it and we read it. `out`: we write it and somebody reads it. */
export type Direction = 'in' | 'out';
export type JsonSchema = Readonly<Record<string, unknown>>;

export interface MessageSchema {
  readonly direction: Direction;
  readonly schema: z.ZodType;
}

const of = (
  direction: Direction,
  schemas: Readonly<Record<string, z.ZodType>>,
): (readonly [string, MessageSchema])[] =>
  Object.entries(schemas).map(([name, schema]) => [name, { direction, schema }]);

/** Every message by its name; commands and log events by their type. */
export const messageSchemas: ReadonlyMap<string, MessageSchema> = new Map([
  ...of('in', commandSchemas),
  ...of('out', { DueEvent: dueEventSchema, DeadEvent: deadEvent, Reply: replySchema }),
  ...of('out', eventSchemas),
]);

/** A message as JSON Schema, of what is on the wire; null: no message has this name. */
export function messageJsonSchema(
  name: string,
  target: 'draft-2020-12' | 'draft-7' = 'draft-2020-12',
): JsonSchema | null {
  const message = messageSchemas.get(name);
  if (message === undefined) return null;
  // a transform reads what the wire holds into what we use; the wire's side is what is published
  return { title: name, ...z.toJSONSchema(message.schema, { io: 'input', target }) };
}

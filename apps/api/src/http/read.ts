import type { z } from 'zod';
import { explainMisfit } from '#contract';
import { problem } from './problem-error.js';

/** A part of a request, read by its schema. @throws ProblemError that names the field */
export function read<S extends z.ZodType>(schema: S, given: unknown): z.output<S> {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const { field, message } = explainMisfit(result.error, given);
  throw problem(
    'bad-request',
    message.replace(/^: /, ''),
    field === undefined || field === '' ? {} : { field },
  );
}

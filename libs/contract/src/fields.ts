import { z } from 'zod';
import { type EpochMs, type EventId, type Payload, parseInstant } from '#timer';

// Fields of the wire, and what they become in the domain.

export const moment = z
  .string()
  .transform((text, context): EpochMs => {
    const read = parseInstant(text);
    if (read !== null) return read;
    context.addIssue({
      code: 'custom',
      message: 'expected an RFC 3339 moment with an offset, for example 2027-03-28T09:00:00.000Z',
    });
    return z.NEVER;
  })
  .describe('RFC 3339 with an offset; kept to the millisecond');

/** Kept as text; the domain reads it and says what is wrong with it. */
export const duration = z.string().describe('250ms, 30s, 1h30m, 1.5d or ISO 8601 (PT90M)');
export const uuid = z
  .string()
  .regex(/^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$/, 'expected a UUID')
  .transform((text) => text.toLowerCase());
export const eventId = uuid.transform((text) => text as EventId);
export const encoding = z.literal('base64').describe('the text is base64 of bytes');
export const payload = z.string().describe('opaque text, returned as it came; JSON by habit');

/** Undefined stays undefined, null clears. */
export function payloadOf(
  text: string | null | undefined,
  given: 'base64' | undefined,
): Payload | null | undefined {
  if (text === null || text === undefined) return text;
  return given === undefined ? { text } : { text, encoding: given };
}

export { momentText } from '#timer';

import { z } from 'zod';
import { commandBytesMax } from './topics.js';

const bounded = (least: number, most: number) => z.int().min(least).max(most).nullable().optional();

const quota = z.strictObject({
  timers: bounded(0, 1_000_000_000).describe('that have not ended'),
  commandsPerSecond: bounded(1, 1_000_000),
  commandsBurst: bounded(1, 1_000_000).describe('at once; absent: those of a second'),
  payloadBytes: bounded(1, commandBytesMax).describe('of one command'),
});

/** As grants name namespaces: one, or `*` for all that are not named. */
const quotas = z.record(z.string(), quota).superRefine((declared, context) => {
  for (const [namespace, { commandsPerSecond, commandsBurst }] of Object.entries(declared)) {
    const misfit = (message: string) => context.addIssue({ code: 'custom', path: [namespace], message });
    if (!/^(\*|[A-Za-z0-9._-]{1,256})$/.test(namespace))
      misfit('is no namespace: letters, digits, . _ - or * alone');
    const perSecond = commandsPerSecond === undefined ? declared['*']?.commandsPerSecond : commandsPerSecond;
    if (typeof commandsBurst === 'number' && typeof perSecond !== 'number')
      misfit('commandsBurst needs commandsPerSecond beside it');
  }
});

/** The variable with which a process hears of quotas; to be spread into the process's own schema. */
export const quotaVariables = {
  QUOTAS: z
    .string()
    .default('')
    .transform((text, context): unknown => {
      if (text.trim() === '') return {};
      try {
        return JSON.parse(text);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        context.addIssue({
          code: 'custom',
          message: `expected JSON, for example {"*":{"timers":10000},"billing":{"commandsPerSecond":500}}: ${reason}`,
        });
        return z.NEVER;
      }
    })
    .pipe(quotas)
    .describe('JSON: what each namespace may use, `*` for all others; empty: as much as it likes'),
};

import { z } from 'zod';
import { type AppliedTimer, explainMisfit, type Problem } from '#contract';
import type { CommandResult } from '../commands/command-door.js';
import type { CommandCall, CommandContext } from '../commands/command-wire.js';
import { fieldsOf } from '../commands/command-wire.js';
import { problemOf } from '../http/problem.filter.js';
import { refusal } from '../http/problem-error.js';

/** A body of a new timer as its command. What the timer may hold, the command's schema says. */
export function newTimerCall(body: unknown, context: CommandContext): CommandCall {
  const { namespace = 'default', key, ...timer } = fieldsOf(body);
  return { type: 'CreateTimer', address: nameOf({ namespace, key }), fields: { timer }, context };
}

const timerName = z.object({ namespace: z.string(), key: z.string() });

/** @throws ProblemError in the words that a command of this name would meet */
function nameOf(given: Readonly<Record<keyof z.output<typeof timerName>, unknown>>) {
  const name = timerName.safeParse(given);
  if (name.success) return name.data;
  const { field, message } = explainMisfit(name.error, given);
  throw refusal({ code: 'invalid-command', message, ...(field !== undefined && { field }) });
}

type Outcome =
  | { readonly status: 201; readonly timer: AppliedTimer }
  | { readonly status: number; readonly problem: Problem };

/** Each by itself: outcomes in the order given, a problem in the place of what was refused. */
export async function createMany(
  bodies: readonly unknown[],
  context: CommandContext,
  call: (call: CommandCall) => Promise<CommandResult>,
): Promise<{ readonly outcomes: readonly Outcome[] }> {
  const outcomes = await Promise.all(
    bodies.map(async (body, index): Promise<Outcome> => {
      try {
        const result = await call(newTimerCall(body, contextOf(context, index)));
        // each is waited for: a list of receipts would help nobody
        if (result.kind === 'pending') throw new Error('a batch does not answer with receipts');
        return { status: 201, timer: result.timer };
      } catch (error) {
        const { problem } = problemOf(error);
        return { status: problem.status, problem };
      }
    }),
  );
  return { outcomes };
}

/** Its place in the list makes each command of a repeated batch the same one again. */
const contextOf = (context: CommandContext, index: number): CommandContext => ({
  ...context,
  preference: { ...context.preference, respondAsync: false },
  version: null,
  ...(context.idempotencyKey === undefined
    ? { freshId: crypto.randomUUID() }
    : { idempotencyKey: `${context.idempotencyKey}#${index}` }),
});

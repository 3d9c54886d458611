import { type CommandWire, commandBytesMax, commandRecord, parseCommand } from '#contract';
import { answerProblem } from '#timer';

/** Brings an answer to the scheduler, in the trace it belongs to; resolves when Kafka has it. `unwanted` fires where it need not be sent any more. */
export type SendAnswer = (
  command: CommandWire,
  traceparent?: string,
  unwanted?: AbortSignal,
) => Promise<void>;

// Nobody asks for a reply to an answer. One that the scheduler has to refuse would be noticed by nobody, and its handler would run
// again at each deadline: so answers are read here as they will be read there.

/** An answer that the scheduler would refuse, whatever the timer is like. It was not sent. */
export class UnfitAnswerError extends Error {
  constructor(reason: string) {
    super(`the answer does not fit: ${reason}`);
    this.name = 'UnfitAnswerError';
  }
}

/** Sends what fits. @throws UnfitAnswerError */
export const fittingSend =
  (send: SendAnswer): SendAnswer =>
  async (command, traceparent, unwanted) => {
    const problem = problemOf(command);
    if (problem !== null) throw new UnfitAnswerError(problem);
    await send(command, traceparent, unwanted);
  };

function problemOf(command: CommandWire): string | null {
  let text: { readonly key: string | null; readonly value: string };
  try {
    text = commandRecord(command);
  } catch (error) {
    return `it cannot be written as JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
  const key = text.key === null ? null : Buffer.from(text.key);
  const read = parseCommand({ key, value: Buffer.from(text.value) }, commandBytesMax);
  return read.ok ? (answerProblem(read.command)?.message ?? null) : read.rejection.message;
}

import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';

/** Whether the answer to the question is yes. An input that ends, or is broken off, without one says no. */
export async function isAgreed(
  question: string,
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): Promise<boolean> {
  const asking = createInterface({ input, output });
  // a question stays pending for ever when its input ends
  const unanswered = once(asking, 'close').then(() => '');
  try {
    const answer = await Promise.race([asking.question(question).catch(noneIfBrokenOff), unanswered]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    asking.close();
  }
}

/** Some releases of Node end the question so at Ctrl-C and Ctrl-D. */
function noneIfBrokenOff(error: unknown): string {
  if (error instanceof Error && error.name === 'AbortError') return '';
  throw error;
}

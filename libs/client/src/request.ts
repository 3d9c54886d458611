import type { Reply } from '#contract';
import { ringAfter, ringEvery } from '#kafka';
import { ClientOverloadedError, CommandTimeoutError } from './errors.js';
import type { ReplyInbox } from './reply-inbox.js';

export interface Request {
  readonly commandId: string;
  readonly correlationId: string;
  /** `Infinity`: until there is an answer, or the signal fires. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** Sends the command; the same one each time. The signal says that nobody waits for it any more. */
  readonly send: (unwanted: AbortSignal) => Promise<void>;
}

const sendsPerCall = 4;
/** What was lost on its way is sent again after so long at the latest, however patient the caller is, ms. */
const sentAgainMsMax = 60_000;

/**
 * Asks again with the same command id while no answer comes: the scheduler applies it once and gives the first answer.
 * What still waits to be sent when the call ends is not sent.
 * @throws CommandTimeoutError, ClientNotConnectedError, ClientOverloadedError, the signal's reason
 */
export function awaitReply(inbox: Pick<ReplyInbox, 'expect' | 'forget'>, request: Request): Promise<Reply> {
  const { commandId, correlationId, timeoutMs, signal } = request;
  // an abort that came while the command was prepared is told to nobody any more
  if (signal?.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const unwanted = new AbortController();
    let sends = 0;
    let isSending = false;
    let failure: unknown;
    const send = async (): Promise<void> => {
      // a broker that is away is asked once at a time
      if (isSending) return;
      isSending = true;
      sends += 1;
      try {
        await request.send(unwanted.signal);
        failure = undefined;
      } catch (error) {
        // nothing has left: a call that held its command until there is room would be what there is no room for
        if (sends === 1 && error instanceof ClientOverloadedError) finish(() => reject(error));
        // the next try may succeed; if none does, the timeout tells of it
        failure = error;
      } finally {
        isSending = false;
      }
    };
    const finish = (settle: () => void): void => {
      cancelAgain();
      cancelDeadline();
      signal?.removeEventListener('abort', onAbort);
      inbox.forget(correlationId);
      if (isSending) unwanted.abort();
      settle();
    };
    const onAbort = (): void => finish(() => reject(signal?.reason));
    const againMs = Math.min(sentAgainMsMax, Math.ceil(timeoutMs / sendsPerCall));
    const cancelAgain = ringEvery(againMs, () => void send());
    const cancelDeadline = ringAfter(timeoutMs, () =>
      finish(() => reject(new CommandTimeoutError(commandId, timeoutMs, failure))),
    );
    signal?.addEventListener('abort', onAbort, { once: true });
    inbox.expect(correlationId, {
      resolve: (reply) => finish(() => resolve(reply)),
      reject: (error) => finish(() => reject(error)),
    });
    void send();
  });
}

import { ask, messageOf, Problem, timerPath } from '../api/http.ts';
import type { Timer } from '../api/types.ts';

export interface Progress {
  readonly redriven: number;
  readonly refused: number;
  readonly all: number;
  /** Of the last refusal, in the server's words. */
  readonly refusal: string | null;
}

interface Wish {
  readonly timers: readonly Timer[];
  /** Events a second: whatever failed them all should not be hit by all of them at once. */
  readonly rate: number;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
  readonly follow: Follow;
}

/** Told of each: before it is sent, and what was answered. */
export interface Follow {
  readonly sending: (timer: Timer) => void;
  readonly sent: (timer: Timer) => void;
  readonly refused: (timer: Timer) => void;
}

/** One after the other, so many a second. @throws when nobody answers: the rest would fail as well */
export async function redriveEach({ timers, rate, signal, onProgress, follow }: Wish): Promise<void> {
  let at: Progress = { redriven: 0, refused: 0, all: timers.length, refusal: null };
  onProgress(at);
  for (const [index, timer] of timers.entries()) {
    if (index > 0) await pause(1_000 / rate, signal);
    if (signal.aborted) return;
    follow.sending(timer);
    const refusal = await redrive(timer).catch((error: unknown) => {
      follow.refused(timer);
      throw error;
    });
    follow[refusal === null ? 'sent' : 'refused'](timer);
    at =
      refusal === null
        ? { ...at, redriven: at.redriven + 1 }
        : { ...at, refused: at.refused + 1, refusal: `${timer.key}: ${refusal}` };
    onProgress(at);
  }
}

async function redrive({ id, givenUp }: Timer): Promise<string | null> {
  const body = { eventId: givenUp?.eventId };
  try {
    await ask(timerPath(id, '/redrive'), { method: 'POST', body });
    return null;
  } catch (error) {
    if (error instanceof Problem && error.status < 500) return messageOf(error);
    throw error;
  }
}

/** Ends at once when it is called off. */
const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      window.clearTimeout(waiting);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const waiting = window.setTimeout(done, ms);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });

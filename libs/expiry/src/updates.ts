import { sleep } from '#kafka';
import type { Closer } from './closer.js';
import { ClosingError, closingAskedEveryMs } from './lives.js';
import type { PauseAnswer } from './pause-answer.js';

// What an update and an early close are made of.

/** How an entity goes on after an update. */
export interface Renewal {
  readonly expiresAt: Date | number;
  readonly close: Closer;
  readonly data?: string;
  /** The entity has another id from now on. */
  readonly id?: string;
}

export interface UpdateOptions {
  /** Only an entity that is there is updated: otherwise `work` is not called, and the answer is null. */
  readonly refresh?: boolean;
  /** Skips the update if it has fired when its turn comes, or while a close elsewhere is waited for. */
  readonly signal?: AbortSignal;
}

interface Parts {
  pause(id: string): Promise<PauseAnswer>;
  resume(id: string, token: string): Promise<boolean>;
  delete(id: string): Promise<boolean>;
}
interface UpdateParts extends Parts {
  renew(id: string, renewal: Renewal, token: string | null): Promise<void>;
  /** How long a close under way in another process is waited for. */
  readonly closingWaitMs: number;
}

export async function updateEntity<T extends Renewal>(
  id: string,
  work: () => Promise<T>,
  { refresh = false, signal }: UpdateOptions,
  parts: UpdateParts,
): Promise<T | null> {
  const pause = await pauseOnceClosed(id, parts, signal);
  if (refresh && pause.status !== 'paused') return null;
  const token = pause.status === 'paused' ? pause.token : null;
  let renewal: T;
  try {
    renewal = await work();
  } catch (error) {
    if (token !== null) await parts.resume(id, token);
    throw error;
  }
  const { id: nextId = id } = renewal;
  // the new one first: a crash in between leaves both, and both end
  await parts.renew(nextId, renewal, nextId === id ? token : null);
  if (nextId !== id) await parts.delete(id);
  return renewal;
}

/** The close has begun elsewhere: `work` beside it would update what is being ended. @throws ClosingError, why the signal fired */
async function pauseOnceClosed(
  id: string,
  { pause, closingWaitMs }: UpdateParts,
  signal?: AbortSignal,
): Promise<PauseAnswer> {
  const deadline = performance.now() + closingWaitMs;
  for (;;) {
    const answer = await pause(id);
    if (answer.status !== 'closing') return answer;
    if (performance.now() > deadline) throw new ClosingError(id);
    await sleep(closingAskedEveryMs, signal);
    signal?.throwIfAborted();
  }
}

export async function closeEntity(id: string, work: () => Promise<unknown>, parts: Parts): Promise<boolean> {
  const pause = await parts.pause(id);
  if (pause.status !== 'paused') return false;
  try {
    await work();
  } catch (error) {
    await parts.resume(id, pause.token);
    throw error;
  }
  await parts.delete(id);
  return true;
}

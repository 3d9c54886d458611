import { ownEvent, type Timers } from '#client';
import { type DueEvent, type HookContext, LeaveOpen } from '#hooks';
import type { KeyedQueue } from './keyed-queue.js';

/** What a close is told. */
export interface ClosedEntity {
  readonly id: string;
  /** As the last create or renewal left it; null: none. */
  readonly data: string | null;
  readonly expiredAt: Date;
  /** 1 for the first try of this life. */
  readonly attempt: number;
}
export type CloseContext = Pick<HookContext, 'signal' | 'log' | 'heartbeat'>;

/**
 * Ends what has expired. Returns when it is closed; throws, and it is tried again for the same `expiredAt`, later each time. After a crash it may
 * be called again with the next `attempt`: closing twice must do no harm.
 */
export type Close = (entity: ClosedEntity, context: CloseContext) => unknown;

/** A close under a name: it outlives the process that created the expiration. */
export interface Closer {
  readonly name: string;
}

/** Claims before it closes: what an update has called back is left alone. One at a time for an id, updates among them. */
export const closeHandler =
  (close: Close, timers: Pick<Timers, 'claimEvent'>, serial: KeyedQueue) =>
  (event: DueEvent, context: HookContext): Promise<void> =>
    serial.run(event.timer.key, async () => {
      if (!(await ownEvent(timers, event, context.worker))) throw new LeaveOpen();
      const { key, summaryData } = event.timer;
      const expiredAt = new Date(event.scheduledFor);
      await close({ id: key, data: summaryData ?? null, expiredAt, attempt: event.attempt }, context);
    });

import type { TimerEventType } from '#timer';
import { Counters } from './counters.js';

/** What the counters need of a log event. */
export interface CountedFact {
  readonly type: TimerEventType;
  /** `startedAt` − `scheduledFor` of an `EventTriggered`, ms. */
  readonly lateMs?: number;
  readonly reason?: string;
  /** Nothing follows a close or a give-up. */
  readonly isLast?: boolean;
  readonly error?: string | null;
}

const names = [
  'futurama.Scheduler.nbDelayed',
  'futurama.Scheduler.nbTriggered',
  'futurama.Scheduler.nbGiveup',
  'futurama.Scheduler.nbRecovered',
  'futurama.MySQLStore.nbSave',
  'futurama.MySQLStore.nbCancel',
  'futurama.MySQLStore.nbComplete',
  'futurama.MySQLStore.nbRetry',
  'futurama.MySQLStore.nbReset',
] as const;
type Name = (typeof names)[number];

/** A trigger later than this counts as delayed, ms. */
export const delayedMs = 2_000;

/**
 * Folds log events into the queue's counters: whatever process did it, each fact counts once. So they equal what a
 * query over the log would say.
 */
export class LogCounts {
  readonly #counters = new Counters<Name>(names);

  count(fact: CountedFact): void {
    for (const name of countersOf(fact)) this.#counters.add(name);
    if (fact.type === 'TimerEnded' || fact.isLast === true)
      this.#counters.add('futurama.MySQLStore.nbComplete');
  }

  reset(): void {
    this.#counters.reset();
  }

  read(): Record<Name, number> {
    return this.#counters.read();
  }
}

function countersOf({ type, lateMs = 0, reason, error }: CountedFact): readonly Name[] {
  switch (type) {
    case 'TimerCreated':
      return ['futurama.MySQLStore.nbSave'];
    case 'EventTriggered':
      return lateMs > delayedMs
        ? ['futurama.Scheduler.nbTriggered', 'futurama.Scheduler.nbDelayed']
        : ['futurama.Scheduler.nbTriggered'];
    case 'EventRedelivered':
      if (reason === 'ack-timeout') return ['futurama.Scheduler.nbTriggered', 'futurama.MySQLStore.nbReset'];
      if (reason === 'retry') return ['futurama.Scheduler.nbTriggered', 'futurama.MySQLStore.nbRetry'];
      return ['futurama.Scheduler.nbTriggered'];
    case 'EventRetryScheduled':
    case 'EventCancelled':
    case 'EventClosed':
      return error?.startsWith('threw: ') === true ? ['futurama.Scheduler.nbRecovered'] : [];
    case 'EventGivenUp':
      return ['futurama.Scheduler.nbGiveup'];
    case 'TimerEnded':
      return reason === 'cancelled' ? ['futurama.MySQLStore.nbCancel'] : [];
    default:
      return [];
  }
}

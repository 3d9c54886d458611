import { afterAll, beforeAll } from 'vitest';
import type { NewTimer, Timers } from '#client';
import type { TimerRecord } from '#contract';

/** Timers as a user holds them, with a default namespace that nobody else uses. */
export interface TimersSubject {
  readonly timers: Timers;
  /** Asks until there is an answer, and lets time pass meanwhile: a manual clock is moved, a real one is waited for. */
  eventually<T>(what: string, ask: () => Promise<T | null | false>): Promise<T>;
  close(): Promise<void>;
}

let made = 0;

/** The subject of a suite, opened before its first test and closed after its last. */
export class TimersStage {
  #subject: TimersSubject | null = null;

  constructor(open: () => Promise<TimersSubject>) {
    beforeAll(async () => {
      this.#subject = await open();
    });
    afterAll(async () => {
      await this.#subject?.close();
    });
  }

  get subject(): TimersSubject {
    if (this.#subject === null) throw new Error('the subject is open only while tests run');
    return this.#subject;
  }

  get timers(): Timers {
    return this.subject.timers;
  }

  /** A key that no other test has. */
  key(name = 'k'): string {
    made += 1;
    return `${name}-${made}`;
  }

  hourly(more: Partial<NewTimer> = {}): Promise<TimerRecord> {
    return this.timers.createTimer({
      key: this.key(),
      schedPolicyType: 'INTERVAL',
      schedPolicyExpr: '1h',
      // not due at once
      startAt: '2040-01-01T00:00:00Z',
      ...more,
    });
  }

  /** A timer whose event is open, with nobody to handle it. */
  async open(more: Partial<NewTimer> = {}): Promise<TimerRecord & { readonly eventId: string }> {
    const { key, namespace } = await this.hourly({ hookClass: 'nobody', ackTimeout: '1h', ...more });
    await this.timers.manualTriggerEvent({ key, namespace });
    return this.subject.eventually(`an event of ${key} is open`, async () => {
      const timer = await this.timers.getTimerByKey(key, { namespace });
      const { eventId } = timer;
      return timer.eventStatus === 'TRIGGER' && eventId !== undefined ? { ...timer, eventId } : null;
    });
  }
}

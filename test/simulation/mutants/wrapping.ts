import type { DueIndex, LogFeed, RetentionStore, TimerLog } from '#engine';
import type { Wraps } from '#testing';
import { type Decision, decide, evolve, type TimerEvent } from '#timer';

// What stands around a part of the product and changes some of what it does.

export type Decide = typeof decide;

export const decidingWith = (change: (original: Decide) => Decide): Wraps => ({
  timer: { decide: change(decide), evolve },
});

/** True now and then. */
export const oneIn = (often: number): (() => boolean) => {
  let asked = 0;
  return () => {
    asked += 1;
    return asked % often === 0;
  };
};

export const mapEvents = (decision: Decision, change: (event: TimerEvent) => TimerEvent): Decision =>
  decision.ok ? { ...decision, events: decision.events.map(change) } : decision;

export const logWith = (transact: (log: TimerLog) => TimerLog['transact']): Wraps => ({
  log: (log) => ({
    transact: transact(log),
    stateAt: (...args) => log.stateAt(...args),
    storedOffsets: (topic, partitions) => log.storedOffsets(topic, partitions),
  }),
});

/** A class keeps its methods to itself: each is passed on, but for those that are changed. */
export const dueWith = (change: (due: DueIndex) => Partial<DueIndex>): Wraps => ({
  due: (due) => ({
    now: () => due.now(),
    armedUntil: (...args) => due.armedUntil(...args),
    overdue: (...args) => due.overdue(...args),
    claimPendingEmissions: (...args) => due.claimPendingEmissions(...args),
    postponeEmission: (...args) => due.postponeEmission(...args),
    ...change(due),
  }),
});

export const feedWith = (change: (feed: LogFeed) => Partial<LogFeed>): Wraps => ({
  feed: (feed) => ({
    hold: (...args) => feed.hold(...args),
    release: () => feed.release(),
    checkpoints: (...args) => feed.checkpoints(...args),
    topology: () => feed.topology(),
    heads: (...args) => feed.heads(...args),
    readAfter: (...args) => feed.readAfter(...args),
    advance: (...args) => feed.advance(...args),
    unpublishedRejections: (...args) => feed.unpublishedRejections(...args),
    markRejectionsPublished: (...args) => feed.markRejectionsPublished(...args),
    ...change(feed),
  }),
});

export const retentionWith = (change: (store: RetentionStore) => Partial<RetentionStore>): Wraps => ({
  retention: (store) => ({
    exclusively: (work) => store.exclusively(work),
    finishDrops: () => store.finishDrops(),
    expiredParts: (days) => store.expiredParts(days),
    neededBy: (part) => store.neededBy(part),
    owedFrom: (part) => store.owedFrom(part),
    groundedIn: (...args) => store.groundedIn(...args),
    drop: (part) => store.drop(part),
    endedBefore: (days) => store.endedBefore(days),
    endedTimers: (...args) => store.endedTimers(...args),
    forgetArchived: (days) => store.forgetArchived(days),
    ...change(store),
  }),
});

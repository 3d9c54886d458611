import {
  type DueIndex,
  type EmissionSink,
  type LogFeed,
  type RetentionStore,
  type TimerLog,
  TransientLogError,
} from '#engine';
import type { SimulationSettings, Wraps } from '#testing';
import {
  type Decision,
  decide,
  type EpochMs,
  type EventId,
  evolve,
  type TimerCommand,
  type TimerEvent,
  type TimerState,
} from '#timer';

// The product with one promise broken at a time, by what stands around its parts. Each must be found by the simulation.

export interface Mutant {
  readonly promise: number;
  readonly what: string;
  /** Made anew for each run: some remember what they have seen. */
  readonly wraps: () => Wraps;
  /** What it takes to find it; chance decides the rest. */
  readonly within?: Pick<SimulationSettings, 'plan' | 'faults'> | undefined;
}

type Decide = typeof decide;

const decidingWith = (change: (original: Decide) => Decide): Wraps => ({
  timer: { decide: change(decide), evolve },
});

/** True now and then. */
const oneIn = (often: number): (() => boolean) => {
  let asked = 0;
  return () => {
    asked += 1;
    return asked % often === 0;
  };
};

const mapEvents = (decision: Decision, change: (event: TimerEvent) => TimerEvent): Decision =>
  decision.ok ? { ...decision, events: decision.events.map(change) } : decision;

const logWith = (transact: (log: TimerLog) => TimerLog['transact']): Wraps => ({
  log: (log) => ({
    transact: transact(log),
    stateAt: (timerId, version) => log.stateAt(timerId, version),
    storedOffsets: (topic, partitions) => log.storedOffsets(topic, partitions),
  }),
});

/** The process's word is taken for what time it is, and it is two seconds ahead. */
const firesEarly = (): Wraps =>
  logWith((log) => async (request, decideAll) => {
    const targets = [...request.targets, ...request.due.map((timerId) => ({ timerId }))];
    const result = await log.transact({ ...request, targets }, (loaded) => {
      const asked = request.due.flatMap((id) => loaded.byId.get(id) ?? []);
      const due = asked.map((state) => ({ state, emissionPending: false }));
      return decideAll({ ...loaded, due, now: (loaded.now + 2_000) as EpochMs });
    });
    return { ...result, now: (result.now + 2_000) as EpochMs };
  });

const pendingForgotten = (): Wraps => ({
  due: (due): DueIndex => ({
    now: () => due.now(),
    armedUntil: (...args) => due.armedUntil(...args),
    overdue: (...args) => due.overdue(...args),
    claimPendingEmissions: async () => [],
  }),
});

const emissionLost = (): Wraps => {
  const isLost = oneIn(10);
  return {
    emissions: (sink): EmissionSink => ({
      emit: (emissions) => sink.emit(emissions.filter(() => !isLost())),
    }),
  };
};

const tickSwallowed = (): Wraps =>
  decidingWith((original) => (state, command, now) => {
    const decision = original(state, command, now);
    if (!decision.ok) return decision;
    return { ...decision, events: decision.events.filter(({ type }) => type !== 'TicksDropped') };
  });

/** The deadline passes, and in place of the next attempt another event begins. */
const secondEventOpens = (): Wraps =>
  decidingWith((original) => (state, command, now) => {
    const decision = original(state, command, now);
    if (state === null || command.type !== 'FireDue') return decision;
    return mapEvents(decision, (event) =>
      event.type === 'EventRedelivered'
        ? {
            type: 'EventTriggered',
            at: now,
            nextFireAt: event.nextFireAt,
            eventId: command.eventId,
            attempt: 1,
            scheduledFor: now,
            startedAt: now,
            eventData: null,
            manualRequestId: null,
          }
        : event,
    );
  });

const endsUnheard = (): Wraps =>
  decidingWith(
    (original) => (state, command, now) =>
      command.type === 'EndChild' ? { ok: true, events: [] } : original(state, command, now),
  );

const closedAgain = (): Wraps =>
  decidingWith((original) => (state, command, now) => {
    if (state === null || command.type !== 'CloseEvent' || state.open !== null)
      return original(state, command, now);
    const { nextFireAt, nextTick, watermark } = state;
    const { eventId, attempt = 1 } = command;
    return {
      ok: true,
      events: [{ type: 'EventClosed', at: now, nextFireAt, eventId, attempt, watermark, nextTick }],
    };
  });

const withoutAttempt = (command: TimerCommand): TimerCommand => {
  if (!('attempt' in command) || command.type === 'ConfirmEmission') return command;
  const { attempt: _attempt, ...rest } = command;
  return rest;
};
const notFenced = (): Wraps =>
  decidingWith((original) => (state, command, now) => original(state, withoutAttempt(command), now));

const attemptNotCounted = (): Wraps =>
  decidingWith(
    (original) => (state, command, now) =>
      mapEvents(original(state, command, now), (event) =>
        event.type === 'EventRedelivered' ? { ...event, attempt: Math.max(1, event.attempt - 1) } : event,
      ),
  );

/** What is sent again after a crash is given an id of its own. */
const repeatedUnderAnotherId = (): Wraps => ({
  due: (due): DueIndex => ({
    now: () => due.now(),
    armedUntil: (...args) => due.armedUntil(...args),
    overdue: (...args) => due.overdue(...args),
    claimPendingEmissions: async (...args) => {
      const pending = await due.claimPendingEmissions(...args);
      return pending.map((row) => ({
        ...row,
        entries: row.entries.map((entry) => ({ ...entry, state: renamed(entry.state) })),
      }));
    },
  }),
});
const renamed = (state: TimerState | null): TimerState | null =>
  state?.open == null
    ? state
    : { ...state, open: { ...state.open, eventId: `x${state.open.eventId}` as EventId } };

/** The state is counted on its own, not folded from the events beside it. */
const stateBesideLog = (): Wraps =>
  logWith(
    (log) => (request, decideAll) =>
      log.transact(request, (loaded) => {
        const writes = decideAll(loaded);
        const streams = writes.streams.map((stream) => ({
          ...stream,
          after: stream.after === null ? null : { ...stream.after, fires: stream.after.fires + 1 },
        }));
        return { ...writes, streams };
      }),
  );

/** Neither are the records of a former owner refused nor the commands known again. */
const appliedTwice = (): Wraps => ({
  ...logWith(
    (log) => (request, decideAll) =>
      log.transact({ ...request, offsets: [], commandIds: [] }, (loaded) => decideAll(loaded)),
  ),
  timer: {
    decide,
    evolve: (state, recorded) => {
      const after = evolve(state, recorded);
      return after === null ? null : { ...after, recent: [] };
    },
  },
});

/** A batch that fails is taken for applied. */
const commandsSkipped = (): Wraps =>
  logWith((log) => async (request, decideAll) => {
    const offsets = request.offsets.map((advance) => ({ ...advance, next: advance.next + 1n }));
    return log.transact({ ...request, offsets }, decideAll);
  });

/** What it decided is written in another session, on top of what others have written since. */
const writesAfterItsSession = (): Wraps => ({
  lateCommit: ({ tables }, writes) => ({
    ...writes,
    streams: writes.streams.flatMap((stream) => {
      const before = stream.before === null ? null : tables.states.get(stream.before.id)?.state;
      if (before == null || stream.before === null || stream.after === null) return [];
      const since = before.version - stream.before.version;
      return {
        before,
        after: { ...stream.after, version: stream.after.version + since },
        events: stream.events.map((write) => ({ ...write, version: write.version + since })),
        emission: stream.emission,
      };
    }),
  }),
});

const everythingInMemory = (): Wraps => ({ fireLimits: { armedMax: 50_000, windowMs: 3_600_000 } });

const watermarkBack = (): Wraps =>
  decidingWith(
    (original) => (state, command, now) =>
      mapEvents(original(state, command, now), (event) =>
        event.type === 'EventClosed' && event.watermark !== null
          ? { ...event, watermark: (event.watermark - 60_000) as EpochMs }
          : event,
      ),
  );

/** Reads up to where it can see, and what commits later at a lower position is never read. */
const feedSkips = (): Wraps => {
  const isSkipped = oneIn(20);
  return {
    feed: (feed): LogFeed => ({
      hold: (...args) => feed.hold(...args),
      release: () => feed.release(),
      checkpoints: (...args) => feed.checkpoints(...args),
      topology: () => feed.topology(),
      heads: (...args) => feed.heads(...args),
      advance: (...args) => feed.advance(...args),
      unpublishedRejections: (...args) => feed.unpublishedRejections(...args),
      markRejectionsPublished: (...args) => feed.markRejectionsPublished(...args),
      readAfter: async (...args) => {
        const events = await feed.readAfter(...args);
        return events.filter((_event, index) => index === events.length - 1 || !isSkipped());
      },
    }),
  };
};

const feedBackwards = (): Wraps => ({
  events: (sink) => ({
    publishEvents: (events) => sink.publishEvents([...events].reverse()),
    publishRejections: (rejections) => sink.publishRejections(rejections),
  }),
});

/** Says that nothing was written, and it was. */
const commitDenied = (): Wraps => {
  const isDenied = oneIn(7);
  return logWith((log) => async (request, decideAll) => {
    const result = await log.transact({ ...request, offsets: [] }, decideAll);
    if (isDenied()) throw new TransientLogError('not so');
    return result;
  });
};

const retaining = (change: (store: RetentionStore) => Partial<RetentionStore>): Wraps => ({
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
const noSnapshots = (): Wraps => retaining(() => ({ groundedIn: async () => [] }));
const dropsAhead = (): Wraps => retaining(() => ({ neededBy: async () => null }));
const owesNothing = (): Wraps => retaining(() => ({ owedFrom: async () => null }));

/** The heads are held, and nobody looks whether the feed has come to the end. */
const spreadsAhead = (): Wraps => ({
  spread: ({ tables }, to) => {
    const marks = new Map(tables.checkpoints);
    tables.logs.forEach(({ head }, partition) => void tables.checkpoints.set(partition, head));
    const outcome = tables.expand(to);
    for (const partition of tables.checkpoints.keys())
      tables.checkpoints.set(partition, marks.get(partition) ?? 0n);
    return outcome;
  },
});

const readsAhead = (): Wraps => ({
  feed: (feed): LogFeed => ({
    hold: (...args) => feed.hold(...args),
    release: () => feed.release(),
    checkpoints: (...args) => feed.checkpoints(...args),
    topology: async () => ({ ...(await feed.topology()), partitions: 256 }),
    heads: (...args) => feed.heads(...args),
    readAfter: (...args) => feed.readAfter(...args),
    advance: (...args) => feed.advance(...args),
    unpublishedRejections: (...args) => feed.unpublishedRejections(...args),
    markRejectionsPublished: (...args) => feed.markRejectionsPublished(...args),
  }),
});

const undrained = (): Wraps => ({ system: (system) => ({ ...system, unapplied: async () => 0 }) });

/** Of two, a command goes to the database of the partition that it came in. */
const notSentOn = (): Wraps => ({ ofAnotherDatabase: (content) => content });

const retained: Mutant['within'] = { plan: { retains: true } };
const owing: Mutant['within'] = { ...retained, faults: ['brokerAway'] };
const expanded: Mutant['within'] = { plan: { expands: true } };
const lagging: Mutant['within'] = { ...expanded, faults: ['kill', 'slowDatabase'] };
const interrupted: Mutant['within'] = { ...expanded, faults: ['kill', 'freeze'] };

export const mutants: readonly Mutant[] = [
  { promise: 1, what: "fires by the process's own clock", wraps: firesEarly },
  { promise: 2, what: 'never sends again what was not acknowledged', wraps: pendingForgotten },
  { promise: 2, what: 'marks emissions as sent that were not', wraps: emissionLost },
  { promise: 2, what: 'drops missed ticks without a word', wraps: tickSwallowed },
  { promise: 2, what: 'does not tell a parent that its child has ended', wraps: endsUnheard },
  { promise: 3, what: 'opens another event when nobody answers', wraps: secondEventOpens },
  { promise: 4, what: 'lets a second close win as well', wraps: closedAgain },
  { promise: 5, what: "applies a former attempt's answer", wraps: notFenced },
  { promise: 6, what: 'delivers again without counting the attempt', wraps: attemptNotCounted },
  { promise: 6, what: 'repeats an emission under another event id', wraps: repeatedUnderAnotherId },
  { promise: 7, what: 'keeps a state that the log does not give', wraps: stateBesideLog },
  { promise: 8, what: 'applies records again that were applied before', wraps: appliedTwice },
  { promise: 8, what: 'moves an offset past a command', wraps: commandsSkipped },
  {
    promise: 7,
    what: 'stood still, and writes though its session has ended',
    wraps: writesAfterItsSession,
    within: { faults: ['stallAtCall'] },
  },
  { promise: 8, what: 'takes a commit for a failure, without a fence', wraps: commitDenied },
  { promise: 7, what: 'drops a day before its timers have snapshots', wraps: noSnapshots, within: retained },
  { promise: 2, what: 'drops a day that owed dead letters are told from', wraps: owesNothing, within: owing },
  { promise: 11, what: 'drops a day that is not on the feed yet', wraps: dropsAhead, within: retained },
  {
    promise: 11,
    what: 'spreads the log before the feed is at its end',
    wraps: spreadsAhead,
    within: lagging,
  },
  { promise: 11, what: 'reads new partitions before the log has them', wraps: readsAhead, within: expanded },
  {
    promise: 11,
    what: 'spreads the log before the old partitions are applied',
    wraps: undrained,
    within: interrupted,
  },
  {
    promise: 8,
    what: 'takes a command of the other database for its own',
    wraps: notSentOn,
    within: { plan: { databases: 2 } },
  },
  { promise: 9, what: 'reads everything into memory', wraps: everythingInMemory },
  { promise: 10, what: 'sets the watermark back at a close', wraps: watermarkBack },
  { promise: 11, what: 'skips events of the log on the feed', wraps: feedSkips },
  { promise: 11, what: 'publishes a batch backwards', wraps: feedBackwards },
];

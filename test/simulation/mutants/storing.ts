import { type EmissionSink, TransientLogError } from '#engine';
import type { Wraps } from '#testing';
import { decide, type EpochMs, type EventId, evolve, type TimerState } from '#timer';
import { dueWith, logWith, oneIn } from './wrapping.js';

// What is decided is written, read, published or sent wrongly.

/** The process's word is taken for what time it is, and it is two seconds ahead. */
export const firesEarly = (): Wraps =>
  logWith((log) => async (request, decideAll) => {
    const targets = [...request.targets, ...request.due.map((timerId) => ({ timerId }))];
    const result = await log.transact({ ...request, targets }, (loaded) => {
      const asked = request.due.flatMap((id) => loaded.byId.get(id) ?? []);
      const due = asked.map((state) => ({ state, emissionPending: false }));
      return decideAll({ ...loaded, due, now: (loaded.now + 2_000) as EpochMs });
    });
    return { ...result, now: (result.now + 2_000) as EpochMs };
  });

export const pendingForgotten = (): Wraps => dueWith(() => ({ claimPendingEmissions: async () => [] }));

export const emissionLost = (): Wraps => {
  const isLost = oneIn(10);
  return {
    emissions: (sink): EmissionSink => ({
      emit: (emissions) => sink.emit(emissions.filter(() => !isLost())),
    }),
  };
};

/** What is sent again after a crash is given an id of its own. */
export const repeatedUnderAnotherId = (): Wraps =>
  dueWith((due) => ({
    claimPendingEmissions: async (...args) => {
      const pending = await due.claimPendingEmissions(...args);
      return pending.map((row) => ({
        ...row,
        entries: row.entries.map((entry) => ({ ...entry, state: renamed(entry.state) })),
      }));
    },
  }));
const renamed = (state: TimerState | null): TimerState | null =>
  state?.open == null
    ? state
    : { ...state, open: { ...state.open, eventId: `x${state.open.eventId}` as EventId } };

/** The state is counted on its own, not folded from the events beside it. */
export const stateBesideLog = (): Wraps =>
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
export const appliedTwice = (): Wraps => ({
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
export const commandsSkipped = (): Wraps =>
  logWith((log) => async (request, decideAll) => {
    const offsets = request.offsets.map((advance) => ({ ...advance, next: advance.next + 1n }));
    return log.transact({ ...request, offsets }, decideAll);
  });

/** What it decided is written in another session, on top of what others have written since. */
export const writesAfterItsSession = (): Wraps => ({
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

/** Says that nothing was written, and it was. */
export const commitDenied = (): Wraps => {
  const isDenied = oneIn(7);
  return logWith((log) => async (request, decideAll) => {
    const result = await log.transact({ ...request, offsets: [] }, decideAll);
    if (isDenied()) throw new TransientLogError('not so');
    return result;
  });
};

export const everythingInMemory = (): Wraps => ({ fireLimits: { armedMax: 50_000, windowMs: 3_600_000 } });

/** Leaves one out of what it read, and marks all of it. */
export const feedSkips = (): Wraps => {
  const isSkipped = oneIn(20);
  return {
    events: (sink) => ({
      publishEvents: (events) =>
        sink.publishEvents(events.filter((_event, index) => index === events.length - 1 || !isSkipped())),
      publishRejections: (rejections) => sink.publishRejections(rejections),
    }),
  };
};

export const feedBackwards = (): Wraps => ({
  events: (sink) => ({
    publishEvents: (events) => sink.publishEvents([...events].reverse()),
    publishRejections: (rejections) => sink.publishRejections(rejections),
  }),
});

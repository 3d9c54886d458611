import { randomUUID } from 'node:crypto';
import { type CommandEnvelope, decideAll, type LoadedTimers } from '#engine';
import { migrate } from '#postgres';
import { decide, type EpochMs, evolve, mintEventId, mintTimerId, type TimerState } from '#timer';
import { uuidArray } from '../libs/postgres/src/connection/binary-array.js';
import { HotConnection, transaction } from '../libs/postgres/src/connection/hot-connection.js';
import { statement } from '../libs/postgres/src/connection/statement.js';
import { readsFor } from '../libs/postgres/src/log/reads.js';
import { callsFor } from '../libs/postgres/src/log/writes.js';
import { envelopeOf } from './command-envelopes.js';
import { partitions } from './stage.js';

// The bare floor: the same statements, in the same batches, on one connection, without the service. Everything is
// decided and encoded before the clock starts; what is timed is Postgres and the socket.

const batch = 1_000;

interface Transaction {
  readonly load: Parameters<HotConnection['send']>[0];
  readonly write: Parameters<HotConnection['send']>[0];
}

const nothing: Omit<LoadedTimers, 'now' | 'byKey' | 'byId'> = {
  lostSources: new Set(),
  due: [],
  tombstones: new Map(),
  tombstonesById: new Map(),
  rejected: new Map(),
  unchanged: new Map(),
};
const random = (): Uint8Array => crypto.getRandomValues(new Uint8Array(10));

async function time(
  databaseUrl: string,
  transactions: readonly Transaction[],
  untimed: readonly Transaction[] = [],
): Promise<number> {
  await migrate(databaseUrl, partitions);
  const connection = new HotConnection({
    databaseUrl,
    applicationName: 'floor',
    log: { warn: () => undefined },
  });
  const run = async (all: readonly Transaction[]): Promise<void> => {
    for (const { load, write } of all) {
      await connection.send([transaction.begin, ...load]);
      await connection.send([...write, transaction.commit]);
    }
  };
  await run(untimed);
  const startedAt = performance.now();
  await run(transactions);
  const seconds = (performance.now() - startedAt) / 1_000;
  await connection.close();
  return Math.round((transactions.length * batch) / seconds);
}

function creates(count: number): { readonly transactions: Transaction[]; readonly states: TimerState[] } {
  const states: TimerState[] = [];
  const transactions = Array.from({ length: count / batch }, (): Transaction => {
    const envelopes = Array.from({ length: batch }, () =>
      envelopeOf('floor', `floor-${randomUUID()}`, {
        type: 'CreateTimer',
        timer: {
          schedPolicyType: 'ONCE',
          schedPolicyExpr: '2030-01-01T00:00:00Z',
          hookClass: 'bench',
          data: '{"invoice":17}',
          tags: ['eu'],
        },
      }),
    );
    const decided = decideAll(
      envelopes,
      { ...nothing, now: Date.now() as EpochMs, byKey: new Map(), byId: new Map() },
      { decide, evolve },
      (slot) => mintTimerId(Date.now(), slot, random()),
    );
    for (const { after } of decided.writes.streams) if (after !== null) states.push(after);
    return {
      load: readsFor(requestOf(envelopes)).map(({ call }) => call),
      write: callsFor(decided.writes, partitions),
    };
  });
  return { transactions, states };
}

const requestOf = (envelopes: readonly CommandEnvelope[]) => {
  const commands = envelopes.flatMap(({ content }) => (content.kind === 'command' ? [content] : []));
  return {
    offsets: [],
    targets: commands.map(({ target }) => target),
    commandIds: commands.map(({ commandId }) => commandId),
    due: [],
    dueElsewhere: [],
  };
};

/** Creates a second, timed after `warmUp` of them. */
export const floorOfCreates = (databaseUrl: string, count: number, warmUp: number): Promise<number> =>
  time(databaseUrl, creates(count).transactions, creates(warmUp).transactions);

/** Pairs of a trigger and a close a second. */
export async function floorOfCycles(databaseUrl: string, count: number): Promise<number> {
  const { transactions, states } = creates(count);
  const loadDue = statement('load-due');
  const cycles: Transaction[] = [];
  for (let i = 0; i < states.length; i += batch) {
    const page = states.slice(i, i + batch);
    const now = Date.now() as EpochMs;
    const triggered = page.map((state) => {
      const eventId = mintEventId(now, random());
      const events = [
        {
          type: 'EventTriggered',
          at: now,
          nextFireAt: (now + 30_000) as EpochMs,
          eventId,
          attempt: 1,
          scheduledFor: now,
          startedAt: now,
          eventData: null,
          manualRequestId: null,
        } as const,
      ];
      return folded(state, events, null);
    });
    const emission = randomUUID() as never;
    cycles.push({
      load: [{ statement: loadDue, values: [uuidArray(page.map(({ id }) => id)), 1e9] }],
      write: callsFor(
        {
          streams: triggered.map((stream) => ({ ...stream, emission })),
          rejections: [],
          emission: {
            id: emission,
            entries: triggered.map(({ after }) => ({ timerId: after.id, version: after.version })),
          },
          emitted: [],
          unchanged: [],
        },
        partitions,
      ),
    });
    const open = triggered.map(({ after }) => after);
    const envelopes = open.map((state) =>
      envelopeOf('floor', state.spec.key, {
        type: 'CloseEvent',
        eventId: state.open?.eventId ?? '',
        attempt: 1,
      }),
    );
    const byKey = new Map(open.map((state) => [`floor/${state.spec.key}`, state]));
    const decided = decideAll(
      envelopes,
      { ...nothing, now, byKey, byId: new Map() },
      { decide, evolve },
      (slot) => mintTimerId(now, slot, random()),
    );
    cycles.push({
      load: readsFor(requestOf(envelopes)).map(({ call }) => call),
      write: callsFor(decided.writes, partitions),
    });
  }
  return Math.round((await time(databaseUrl, cycles, transactions)) / 2);
}

function folded(state: TimerState, events: readonly Parameters<typeof evolve>[1]['event'][], emission: null) {
  let after: TimerState = state;
  const writes = events.map((event) => {
    const write = { version: after.version + 1, commandId: null, event, meta: {} };
    after = evolve(after, write) ?? after;
    return write;
  });
  return { before: state, after, events: writes, emission };
}

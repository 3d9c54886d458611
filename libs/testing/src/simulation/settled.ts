import type { Violation } from './check/violation.js';
import type { SimDatabase } from './sim-database.js';
import { partitionsExpanded, type World } from './world.js';

/** A timer that is later than this, when nothing is broken, will not come by itself. */
const overdueMs = 2_500;

/** What should have happened by itself and has not: whatever died, somebody goes on with it. */
export function unsettled(world: World): Violation[] {
  const { plan, databases } = world;
  return [
    ...unread(world),
    ...databases.all.flatMap((database) => [
      ...unpublished(database),
      ...overdue(database),
      ...unsent(database),
      ...(plan.expands ? narrow(database) : []),
    ]),
  ];
}

function narrow({ store }: SimDatabase): Violation[] {
  if (store.partitions === partitionsExpanded) return [];
  return [{ promise: 8, detail: `the log still has ${store.partitions} partitions` }];
}

function unread({ topics, databases }: World): Violation[] {
  return all(topics.commands.width, (partition) => {
    const { tables } = databases.of(partition).store;
    const stored = tables.offsets.get(`${topics.commands.name}/${partition}`) ?? 0n;
    const end = topics.commands.end(partition);
    return stored >= end
      ? null
      : { promise: 8, detail: `commands/${partition} was read up to ${stored} of ${end}` };
  });
}

function unpublished(database: SimDatabase): Violation[] {
  const { tables } = database.store;
  return all(tables.logs.length, (partition) => {
    const mark = tables.checkpoints.get(partition) ?? 0n;
    const next = tables.logs[partition]?.after(mark, 1)[0];
    const waitsMs = next === undefined ? 0 : database.now() - next.recordedAt;
    return waitsMs < overdueMs
      ? null
      : {
          promise: 11,
          detail: `the feed of ${partition} stands at ${mark}, and the next waits since ${waitsMs} ms`,
        };
  });
}

function overdue(database: SimDatabase): Violation[] {
  const now = database.now();
  return [...database.store.tables.states.values()].flatMap(({ state }): Violation[] => {
    // one that makes up for many ticks is late for a while, and is not stuck as long as something happens to it
    const lastAt = database.store.tables.streams.get(state.id)?.at(-1)?.recordedAt ?? now;
    const lateMs = state.nextFireAt === null ? 0 : now - Math.max(state.nextFireAt, lastAt);
    return lateMs <= overdueMs
      ? []
      : [{ promise: 2, detail: `timer ${state.id} is overdue by ${lateMs} ms` }];
  });
}

function unsent(database: SimDatabase): Violation[] {
  const now = database.now();
  return [...database.store.tables.outbox.values()].flatMap(({ id, createdAt }): Violation[] =>
    now - createdAt <= overdueMs
      ? []
      : [{ promise: 2, detail: `batch ${id} waits since ${now - createdAt} ms` }],
  );
}

const all = (count: number, look: (index: number) => Violation | null): Violation[] =>
  Array.from({ length: count }, (_, index) => look(index)).filter((found) => found !== null);

import type { Pool } from 'pg';
import type { ArmedTimer, DueIndex, EmissionId, PendingEmission, PendingEntry } from '#engine';
import type { EpochMs, TimerId, TimerState } from '#timer';
import { int2Array, int4Array, uuidArray } from '../connection/binary-array.js';
import type { HotConnection } from '../connection/hot-connection.js';
import { statement } from '../connection/statement.js';
import { type StateRow, stateFromRow } from '../log/state-row.js';
import { readAround } from '../queries/histories.js';
import { type Reads, readsBy } from '../queries/read-pool.js';

const armedUntil = statement('armed-until');
const overdue = statement('overdue');
const claimPending = statement('claim-pending-emissions');
const postpone = statement('postpone-emission');
const pendingStates = statement('pending-states');
const givenUp = statement('given-up');
const readClock = { name: 'read-clock', text: 'select clock_timestamp()' };

/** Reads and leases for the fire service, on a connection of their own: a long read never stands before a trigger. */
export class PostgresDueIndex implements DueIndex {
  readonly #history: Reads;

  constructor(
    private readonly connection: HotConnection,
    pool: Pool,
  ) {
    this.#history = readsBy(pool);
  }

  async now(): Promise<EpochMs> {
    const [result] = await this.connection.send([{ statement: readClock, values: [] }]);
    return result?.rows[0]?.[0] as EpochMs;
  }

  async armedUntil(slots: readonly number[], until: EpochMs, perSlotMax: number, after?: EpochMs) {
    const from = after === undefined ? '-infinity' : new Date(after).toISOString();
    const values = [int2Array(slots), new Date(until).toISOString(), perSlotMax, from];
    const [result] = await this.connection.send([{ statement: armedUntil, values }]);
    const timers = (result?.rows ?? []).map(armedFrom);
    return { timers, completeUntil: completeUntil(timers, until, perSlotMax) };
  }

  async overdue(byMs: number, max: number): Promise<readonly ArmedTimer[]> {
    const [result] = await this.connection.send([{ statement: overdue, values: [byMs, max] }]);
    return (result?.rows ?? []).map(armedFrom);
  }

  async claimPendingEmissions(
    olderThanMs: number,
    leaseMs: number,
    max: number,
  ): Promise<readonly PendingEmission[]> {
    const [result] = await this.connection.send([
      { statement: claimPending, values: [olderThanMs, leaseMs, max] },
    ]);
    const claimed = (result?.rows ?? []).map(([id, ageMs, timerIds, versions]) => ({
      id: id as EmissionId,
      ageMs: Number(ageMs),
      timerIds: listOf(timerIds) as TimerId[],
      versions: listOf(versions).map(Number),
    }));
    const emissions: PendingEmission[] = [];
    for (const { id, ageMs, timerIds, versions } of claimed) {
      emissions.push({ id, ageMs, entries: await this.#entries(id, timerIds, versions) });
    }
    return emissions;
  }

  async postponeEmission(id: EmissionId, forMs: number): Promise<void> {
    await this.connection.send([{ statement: postpone, values: [id, forMs] }]);
  }

  async #entries(
    id: EmissionId,
    timerIds: readonly TimerId[],
    versions: readonly number[],
  ): Promise<PendingEntry[]> {
    const [open, gaveUp] = await this.connection.send([
      { statement: pendingStates, values: [id, uuidArray(timerIds)] },
      { statement: givenUp, values: [uuidArray(timerIds), int4Array(versions)] },
    ]);
    const states = (open?.rows ?? []).map((row) => stateFromRow(row as unknown as StateRow));
    const stateOf = new Map<TimerId, TimerState>(states.map((state) => [state.id, state]));
    const isDead = new Set((gaveUp?.rows ?? []).map(([timerId, version]) => `${timerId}/${version}`));
    const entries: PendingEntry[] = [];
    for (const [index, timerId] of timerIds.entries()) {
      const version = versions[index] ?? 0;
      const isOpen = !isDead.has(`${timerId}/${version}`);
      // one after the other: hundreds of readings at once would wait for a session longer than they may
      const { state, before } = isOpen
        ? { state: stateOf.get(timerId) ?? null, before: null }
        : await readAround(this.#history, timerId, version);
      entries.push({ timerId, version, state, before });
    }
    return entries;
  }
}

const armedFrom = ([id, slot, version, dueAt]: readonly unknown[]): ArmedTimer => ({
  timerId: id as TimerId,
  slot: Number(slot),
  version: Number(version),
  dueAt: dueAt as EpochMs,
});

/** "{a,b}" of an array that was cast to text. */
const listOf = (text: unknown): string[] =>
  String(text)
    .slice(1, -1)
    .split(',')
    .filter((part) => part !== '');

/** A slot that filled its share may hold more at its last moment: the answer is complete only before that. */
function completeUntil(timers: readonly ArmedTimer[], until: EpochMs, perSlotMax: number): EpochMs {
  const perSlot = new Map<number, { count: number; last: number }>();
  for (const { slot, dueAt } of timers) {
    const seen = perSlot.get(slot);
    perSlot.set(slot, { count: (seen?.count ?? 0) + 1, last: Math.max(seen?.last ?? 0, dueAt) });
  }
  let complete: number = until;
  for (const { count, last } of perSlot.values())
    if (count >= perSlotMax) complete = Math.min(complete, last - 1);
  return complete as EpochMs;
}

import { describe, expect, it } from 'vitest';
import { InMemoryTimerStore, ManualClock } from '#testing';
import { type CommandId, decide, type EpochMs, evolve, mintTimerId, slotOf } from '#timer';
import { ByDatabase } from '../log/databases.js';
import { CommandRouter } from './command-router.js';
import { type CommandOutcome, CommandService, type MisplacedEnvelope } from './command-service.js';
import type { CommandEnvelope } from './envelope.js';

const topic = 'commands';
const partitions = 4;
const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

function setUp() {
  const clock = new ManualClock();
  const stores = new ByDatabase(
    [0, 1].map(() => new InMemoryTimerStore({ partitions, now: () => clock.now() as EpochMs })) as [
      InMemoryTimerStore,
      InMemoryTimerStore,
    ],
  );
  const outcomes: CommandOutcome<unknown>[] = [];
  /** What was sent on, and where each database's offsets stood then. */
  const sent: {
    readonly misplaced: readonly MisplacedEnvelope<unknown>[];
    readonly stored: bigint | null;
  }[] = [];
  let refusals = 0;
  let minted = 0;
  const router = new CommandRouter(
    stores.map(
      (store, place) =>
        new CommandService({
          logs: [store.openLog(), store.openLog()],
          place,
          timer: { decide, evolve },
          mintTimerId: (slot) => mintTimerId(clock.now(), slot, new Uint8Array(9).fill(minted++)),
          logger: silent,
          sleep: () => new Promise((resolve) => setImmediate(resolve)),
          onOutcomes: (told) => outcomes.push(...told),
          onLostSource: () => undefined,
          onFatal: (error) => {
            throw error;
          },
          sendOn: async (misplaced) => {
            refusals -= 1;
            if (refusals >= 0) throw new Error('Kafka is away');
            const stored = await store.log.storedOffsets(topic, [misplaced[0]?.source.partition ?? 0]);
            sent.push({ misplaced, stored: [...stored.values()][0] ?? null });
          },
        }),
    ),
  );
  return {
    stores,
    router,
    outcomes,
    sent,
    refuse: (times: number) => {
      refusals = times;
    },
  };
}

const idOf = (n: number): CommandId => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}` as CommandId;

/** A key whose timer lies in a partition. */
const keyIn = (partition: number, n = 0): string => {
  for (let tried = n * 1_000; ; tried += 1)
    if (slotOf('n', `k${tried}`) % partitions === partition) return `k${tried}`;
};

function create(partition: number, offset: number, key = keyIn(partition, offset)): CommandEnvelope {
  const commandId = idOf(partition * 1_000 + offset);
  const target = { namespace: 'n', key };
  const timer = { schedPolicyType: 'INTERVAL', schedPolicyExpr: '1h' };
  const slot = slotOf('n', key);
  const source = { topic, partition, offset: BigInt(offset) };
  return {
    source,
    key: null,
    value: Buffer.from(key),
    content:
      slot % 2 === partition % 2
        ? {
            kind: 'command',
            commandId,
            target,
            command: { type: 'CreateTimer', commandId, ...target, timer },
          }
        : { kind: 'misplaced', commandId, slot, headers: {} },
    reply: null,
  };
}

describe('commands of several databases', () => {
  it('are decided in the database of their partition, offsets and all', async () => {
    const { stores, router, outcomes } = setUp();
    router.assign(topic, new Map([0, 1, 2, 3].map((partition) => [partition, 0n])));
    for (const partition of [0, 1, 2, 3])
      await router.submit(partition, [create(partition, 0), create(partition, 1)]);
    await router.drained();
    expect(outcomes.map(({ outcome }) => outcome.kind)).toEqual(Array.from({ length: 8 }, () => 'applied'));
    expect(stores.all.map(({ tables }) => tables.states.size)).toEqual([4, 4]);
    for (const [number, { log }] of stores.all.entries())
      expect(await log.storedOffsets(topic, [0, 1, 2, 3])).toEqual(
        new Map([number, number + 2].map((partition) => [partition, 2n])),
      );
    expect(
      router
        .positionsOf(topic)
        .map(({ partition }) => partition)
        .sort(),
    ).toEqual([0, 1, 2, 3]);
  });

  it('in a partition of another database are sent on before their offset is stored, again if need be', async () => {
    const { stores, router, outcomes, sent, refuse } = setUp();
    refuse(2);
    router.assign(topic, new Map([[0, 0n]]));
    await router.submit(0, [create(0, 0), create(0, 1, keyIn(3)), create(0, 2)]);
    await router.drained();
    expect(sent.map(({ misplaced }) => misplaced.map(({ content }) => content.slot % partitions))).toEqual([
      [3],
    ]);
    expect(sent[0]?.stored).toBeNull();
    expect(outcomes.map(({ envelope }) => Number(envelope.source.offset))).toEqual([0, 2]);
    expect(await stores.of(0).log.storedOffsets(topic, [0])).toEqual(new Map([[0, 3n]]));
    expect(stores.of(0).tables.states.size).toBe(2);
  });

  it('are not sent on for a partition that was lost', async () => {
    const { router, sent } = setUp();
    router.assign(topic, new Map([[1, 0n]]));
    await router.submit(0, [create(0, 0, keyIn(1))]);
    await router.drained();
    expect(sent).toEqual([]);
  });
});

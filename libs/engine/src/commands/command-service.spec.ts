import { describe, expect, it } from 'vitest';
import { InMemoryTimerStore, ManualClock } from '#testing';
import { type CommandId, decide, type EpochMs, evolve, mintTimerId, type TimerId } from '#timer';
import { DataLogError, TransientLogError } from '../log/errors.js';
import type { TimerLog } from '../log/timer-log.js';
import { type CommandOutcome, CommandService } from './command-service.js';
import type { CommandEnvelope, UnmintedCommand } from './envelope.js';

const topic = 'commands';
const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
const idOf = (n: number): CommandId => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}` as CommandId;

const create = (partition: number, offset: number, key = `k-${partition}-${offset}`): CommandEnvelope => {
  const commandId = idOf(partition * 1_000_000 + offset);
  const target = { namespace: 'n', key };
  const timer = { schedPolicyType: 'INTERVAL', schedPolicyExpr: '1h' };
  return {
    source: { topic, partition, offset: BigInt(offset) },
    key: null,
    value: Buffer.from(key),
    content: {
      kind: 'command',
      commandId,
      target,
      command: { type: 'CreateTimer', commandId, ...target, timer },
    },
    reply: null,
  };
};

function setUp(wrap: (log: TimerLog) => TimerLog = (log) => log) {
  const clock = new ManualClock();
  const store = new InMemoryTimerStore({ partitions: 4, now: () => clock.now() as EpochMs });
  const outcomes: CommandOutcome<unknown>[] = [];
  const lost: { partition: number; storedOffset: bigint | null }[] = [];
  const fatal: unknown[] = [];
  let random = 0;
  const service = new CommandService({
    logs: [wrap(store.log)],
    timer: { decide, evolve },
    mintTimerId: (slot) => mintTimerId(clock.now(), slot, new Uint8Array(9).fill(random++ % 256)),
    logger: silent,
    sleep: () => new Promise((resolve) => setImmediate(resolve)),
    onOutcomes: (told) => outcomes.push(...told),
    onLostSource: (_topic, partition, storedOffset) => lost.push({ partition, storedOffset }),
    onFatal: (error) => fatal.push(error),
  });
  const summary = () =>
    outcomes.map(
      ({ envelope, outcome }) => `${envelope.source.partition}/${envelope.source.offset} ${outcome.kind}`,
    );
  return { store, service, outcomes, lost, fatal, summary };
}

/** Another reader has stored an offset of partition 0. */
const movedOn = (store: InMemoryTimerStore, next: bigint) =>
  store.log.transact(
    {
      offsets: [{ topic, partition: 0, expected: 0n, next }],
      targets: [],
      commandIds: [],
      due: [],
      dueElsewhere: [],
    },
    () => ({ streams: [], rejections: [], unchanged: [], emission: null, emitted: [] }),
  );

describe('handling commands', () => {
  it('applies what follows the stored offset and drops what was applied before', async () => {
    const { service, summary, store } = setUp();
    service.assign(topic, new Map([[0, 5n]]));
    await service.submit([create(0, 3), create(0, 5), create(0, 6)]);
    await service.drained();
    expect(summary()).toEqual(['0/5 applied', '0/6 applied']);
    expect(await store.log.storedOffsets(topic, [0])).toEqual(new Map([[0, 7n]]));
  });

  it('drops records of a partition that is not ours', async () => {
    const { service, summary } = setUp();
    service.assign(topic, new Map([[0, 0n]]));
    await service.submit([create(1, 0)]);
    await service.drained();
    expect(summary()).toEqual([]);
  });

  it('passes over the end of a child whose parent is gone: nobody waits for an answer', async () => {
    const { service, store, summary } = setUp();
    service.assign(topic, new Map([[0, 0n]]));
    const { content, ...envelope } = create(0, 0);
    if (content.kind !== 'command') throw new Error('a create is a command');
    const command = {
      type: 'EndChild',
      commandId: content.commandId,
      parentId: 'p' as TimerId,
      childId: 'c' as TimerId,
    } as const;
    await service.submit([{ ...envelope, content: { ...content, command } }]);
    await service.drained();
    expect(summary()).toEqual([]);
    expect(await store.feed.unpublishedRejections(10)).toEqual([]);
    expect(await store.log.storedOffsets(topic, [0])).toEqual(new Map([[0, 1n]]));
  });

  it('gives one of two who want a lease in one batch its token, and the other the reason', async () => {
    const { service, outcomes } = setUp();
    service.assign(topic, new Map([[0, 0n]]));
    const acquire = (offset: number, holder: string, id = offset): CommandEnvelope => {
      const commandId = idOf(id);
      const target = { namespace: 'n', key: 'mutex' };
      const command = { type: 'AcquireLease', commandId, holder, ttl: '10s' } as const;
      return { ...create(0, offset), content: { kind: 'command', commandId, target, command } };
    };
    await service.submit([acquire(0, 'a'), acquire(1, 'b'), acquire(2, 'a', 0)]);
    await service.drained();
    expect(outcomes.map(({ outcome }) => outcome)).toMatchObject([
      { kind: 'applied', state: { lease: { holder: 'a', token: 2 }, spec: { key: 'mutex' } } },
      { kind: 'rejected', rejection: { code: 'lease-held' } },
      { kind: 'repeated', version: 2, state: { version: 2, lease: { holder: 'a' } } },
    ]);
  });

  it('leaves a partition that another reader has moved on, says where to read on, and applies the others', async () => {
    const { service, summary, lost, store } = setUp();
    await store.log.transact(
      {
        offsets: [{ topic, partition: 0, expected: 0n, next: 10n }],
        targets: [],
        commandIds: [],
        due: [],
        dueElsewhere: [],
      },
      () => ({ streams: [], rejections: [], unchanged: [], emission: null, emitted: [] }),
    );
    service.assign(
      topic,
      new Map([
        [0, 0n],
        [1, 0n],
      ]),
    );
    await service.submit([create(0, 0), create(1, 0), create(0, 1)]);
    await service.drained();
    expect(summary()).toEqual(['1/0 applied']);
    expect(lost).toEqual([{ partition: 0, storedOffset: 10n }]);
  });

  it('takes nothing of a lost partition before it has been sought anew: it would leave a gap', async () => {
    let during: () => void = () => undefined;
    const { service, summary, store } = setUp((log) => ({
      transact: (request, decideAll) => log.transact(request, decideAll),
      stateAt: (timerId, version) => log.stateAt(timerId, version),
      storedOffsets: (name, partitions) => {
        during();
        return log.storedOffsets(name, partitions);
      },
    }));
    await store.log.transact(
      {
        offsets: [{ topic, partition: 0, expected: 0n, next: 2n }],
        targets: [],
        commandIds: [],
        due: [],
        dueElsewhere: [],
      },
      () => ({ streams: [], rejections: [], unchanged: [], emission: null, emitted: [] }),
    );
    service.assign(topic, new Map([[0, 0n]]));
    // fetched before the loss, handed over while the service asks where to read on
    during = () => void service.submit([create(0, 8)]);
    await service.submit([create(0, 0)]);
    await service.drained();
    await service.submit([create(0, 2), create(0, 3)]);
    await service.drained();
    expect(summary()).toEqual(['0/2 applied', '0/3 applied']);
  });

  it('applies a record once that is handed over twice before the first is through', async () => {
    const { service, summary, store } = setUp();
    service.assign(topic, new Map([[0, 0n]]));
    const records = [create(0, 0), create(0, 1), create(0, 2)];
    // the first flight has taken off with nothing but the first record
    await service.submit(records.slice(0, 1));
    await service.submit([...records.slice(1), ...records.slice(0, 2)]);
    await service.drained();
    expect(summary()).toEqual(['0/0 applied', '0/1 applied', '0/2 applied']);
    expect(await store.log.storedOffsets(topic, [0])).toEqual(new Map([[0, 3n]]));
  });

  it('lets a reader go on that waits for room, when what filled it is withdrawn', async () => {
    const { service, store, lost } = setUp();
    await movedOn(store, 9_000n);
    service.assign(topic, new Map([[0, 0n]]));
    const tooMany = Array.from({ length: 9_500 }, (_, offset) => create(0, offset));
    await service.submit(tooMany);
    await service.drained();
    expect(lost).toEqual([{ partition: 0, storedOffset: 9_000n }]);
  });

  it('asks again where to read on when the log does not answer, and loses nothing', async () => {
    let refusals = 2;
    const { service, summary, lost, store } = setUp((log) => ({
      transact: (request, decideAll) => log.transact(request, decideAll),
      stateAt: (timerId, version) => log.stateAt(timerId, version),
      storedOffsets: async (name, partitions) => {
        refusals -= 1;
        if (refusals >= 0) throw new TransientLogError('cut off');
        return log.storedOffsets(name, partitions);
      },
    }));
    await movedOn(store, 2n);
    service.assign(topic, new Map([[0, 0n]]));
    await service.submit([create(0, 0)]);
    await service.drained();
    expect(lost).toEqual([{ partition: 0, storedOffset: 2n }]);
    await service.submit([create(0, 2)]);
    await service.drained();
    expect(summary()).toEqual(['0/2 applied']);
  });

  it('tells what was applied though another partition of the batch was lost and the log is silent', async () => {
    let isSilent = true;
    const { service, summary, store } = setUp((log) => ({
      transact: (request, decideAll) => log.transact(request, decideAll),
      stateAt: (timerId, version) => log.stateAt(timerId, version),
      storedOffsets: async (name, partitions) => {
        if (isSilent) throw new TransientLogError('cut off');
        return log.storedOffsets(name, partitions);
      },
    }));
    await movedOn(store, 2n);
    service.assign(
      topic,
      new Map([
        [0, 0n],
        [2, 0n],
      ]),
    );
    await service.submit([create(0, 0), create(2, 0)]);
    await expect.poll(summary).toEqual(['2/0 applied']);
    isSilent = false;
    await service.drained();
  });

  it('does not take back a partition that was assigned to others while it asked where to read on', async () => {
    let during: () => void = () => undefined;
    const { service, lost, store } = setUp((log) => ({
      transact: (request, decideAll) => log.transact(request, decideAll),
      stateAt: (timerId, version) => log.stateAt(timerId, version),
      storedOffsets: (name, partitions) => {
        during();
        return log.storedOffsets(name, partitions);
      },
    }));
    await movedOn(store, 2n);
    service.assign(topic, new Map([[0, 0n]]));
    during = () => service.assign(topic, new Map([[1, 0n]]));
    await service.submit([create(0, 0)]);
    await service.drained();
    expect(lost).toEqual([]);
    expect(service.positionsOf(topic)).toEqual([{ topic, partition: 1, offset: 0n }]);
  });

  it('gives the first outcome again to a command that found nothing to change', async () => {
    const { service, outcomes, store } = setUp();
    service.assign(topic, new Map([[0, 0n]]));
    const hold = (offset: number, id: CommandId, type: 'PauseTimer' | 'ResumeTimer'): CommandEnvelope => ({
      ...create(0, offset, 'k'),
      content: {
        kind: 'command',
        commandId: id,
        target: { namespace: 'n', key: 'k' },
        command: { type, commandId: id },
      },
    });
    const [first, idle, resumed] = [idOf(771), idOf(772), idOf(773)];
    const sent = [
      create(0, 0, 'k'),
      hold(1, first, 'PauseTimer'),
      hold(2, idle, 'PauseTimer'),
      hold(3, idle, 'PauseTimer'),
      hold(4, resumed, 'ResumeTimer'),
      hold(5, idle, 'PauseTimer'),
    ];
    // in one batch, and once more in another
    await service.submit(sent);
    await service.drained();
    await service.submit([hold(6, idle, 'PauseTimer')]);
    await service.drained();
    expect(outcomes.map(({ outcome }) => outcome)).toMatchObject([
      { kind: 'applied', state: { version: 1 } },
      { kind: 'applied', state: { version: 2 } },
      { kind: 'applied', state: { version: 2 } },
      { kind: 'repeated', version: 2, state: { version: 2 } },
      { kind: 'applied', state: { version: 3, pausedAt: null } },
      // the pause that came too late for its first time is not a first pause now
      { kind: 'repeated', version: 2, state: null },
      { kind: 'repeated', version: 2 },
    ]);
    expect([...store.tables.unchanged.keys()]).toEqual([idle]);
  });

  it('takes an id that a client gives to two timers for a command of each', async () => {
    const { service, outcomes } = setUp();
    service.assign(topic, new Map([[0, 0n]]));
    const id = idOf(774);
    const send = (offset: number, key: string, command: UnmintedCommand): CommandEnvelope => ({
      ...create(0, offset, key),
      key: Buffer.from(`n/${key}`),
      content: { kind: 'command', commandId: id, target: { namespace: 'n', key }, command },
    });
    const pause: UnmintedCommand = { type: 'PauseTimer', commandId: id };
    const remove: UnmintedCommand = { type: 'DeleteTimer', commandId: id };
    const twice = async (first: CommandEnvelope[], then: CommandEnvelope[]) => {
      await service.submit(first);
      await service.drained();
      await service.submit(then);
      await service.drained();
      return outcomes.splice(0).map(({ outcome }) => outcome);
    };
    const hold = (offset: number, key: string): CommandEnvelope => {
      const commandId = idOf(9_000 + offset);
      const held = send(offset, key, { type: 'PauseTimer', commandId });
      return { ...held, content: { ...held.content, commandId } as CommandEnvelope['content'] };
    };

    // changes nothing at one, and something at the next: in one batch, and in another
    const left = await twice(
      [
        create(0, 0, 'a'),
        create(0, 1, 'b'),
        create(0, 2, 'c'),
        hold(3, 'a'),
        send(4, 'a', pause),
        send(5, 'b', pause),
      ],
      [send(6, 'c', pause), send(7, 'a', pause)],
    );
    expect(left.slice(4)).toMatchObject([
      { kind: 'applied', state: { version: 2, spec: { key: 'a' } } },
      { kind: 'applied', state: { version: 2, spec: { key: 'b' } } },
      { kind: 'applied', state: { version: 2, spec: { key: 'c' } } },
      { kind: 'repeated', version: 2 },
    ]);

    // is refused for one, and deletes the next
    const other = idOf(775);
    const removal = (offset: number, key: string): CommandEnvelope => {
      const sent = send(offset, key, remove);
      return { ...sent, content: { ...sent.content, commandId: other } as CommandEnvelope['content'] };
    };
    const ended = await twice([removal(8, 'none'), removal(9, 'a')], [removal(10, 'b'), removal(11, 'none')]);
    expect(ended).toMatchObject([
      { kind: 'rejected', rejection: { code: 'timer-not-exist' } },
      { kind: 'applied', state: { spec: { key: 'a' } } },
      { kind: 'applied', state: { spec: { key: 'b' } } },
      { kind: 'rejected', rejection: { code: 'timer-not-exist' } },
    ]);
  });

  it('gives the first outcome again to a command of a former life, also after a second one has ended', async () => {
    const { service, outcomes } = setUp();
    service.assign(topic, new Map([[0, 0n]]));
    const deletion = (offset: number, id: CommandId): CommandEnvelope => ({
      ...create(0, offset, 'k'),
      content: {
        kind: 'command',
        commandId: id,
        target: { namespace: 'n', key: 'k' },
        command: { type: 'DeleteTimer', commandId: id },
      },
    });
    const [one, other] = [idOf(777), idOf(778)];
    for (const envelope of [
      create(0, 0, 'k'),
      deletion(1, one),
      create(0, 2, 'k'),
      deletion(3, other),
      deletion(4, one),
    ]) {
      await service.submit([envelope]);
      await service.drained();
    }
    expect(outcomes.at(-1)?.outcome).toMatchObject({ kind: 'repeated', version: 2 });
  });

  it('tries a batch again when nothing was written, and each command is applied once', async () => {
    const { service, summary, store } = setUp();
    service.assign(topic, new Map([[0, 0n]]));
    store.log.failNext({ when: 'before-commit', error: new TransientLogError('cut off') });
    await service.submit([create(0, 0), create(0, 1)]);
    await service.drained();
    expect(summary()).toEqual(['0/0 applied', '0/1 applied']);
  });

  it('finds out from the fence when a commit was made that it never heard of', async () => {
    const { service, summary, lost, store } = setUp();
    service.assign(topic, new Map([[0, 0n]]));
    store.log.failNext({ when: 'after-commit', error: new TransientLogError('cut off') });
    await service.submit([create(0, 0), create(0, 1)]);
    await service.drained();
    expect(summary()).toEqual([]);
    expect(lost).toEqual([{ partition: 0, storedOffset: 2n }]);
  });

  it('halves a batch until the one that cannot be stored is found, and rejects that one', async () => {
    const poison = 'k-0-37';
    const { service, outcomes, fatal } = setUp((log) => ({
      stateAt: (timerId, version) => log.stateAt(timerId, version),
      storedOffsets: (name, partitions) => log.storedOffsets(name, partitions),
      transact: (request, decideAll) =>
        log.transact(request, (loaded) => {
          const writes = decideAll(loaded);
          if (writes.streams.some(({ after }) => after?.spec.key === poison))
            throw new DataLogError('poison');
          return writes;
        }),
    }));
    service.assign(topic, new Map([[0, 0n]]));
    await service.submit(Array.from({ length: 100 }, (_, offset) => create(0, offset)));
    await service.drained();
    const rejected = outcomes.filter(({ outcome }) => outcome.kind === 'rejected');
    expect(rejected.map(({ envelope }) => envelope.source.offset)).toEqual([37n]);
    expect(rejected[0]?.outcome).toMatchObject({ rejection: { code: 'invalid-command' } });
    expect(outcomes).toHaveLength(100);
    expect(fatal).toEqual([]);
  });

  it('halves a batch that takes too long until it fits, and tries a single command again and again', async () => {
    const sizes: number[] = [];
    let slowAlone = 5;
    const { service, outcomes, fatal } = setUp((log) => ({
      stateAt: (timerId, version) => log.stateAt(timerId, version),
      storedOffsets: (name, partitions) => log.storedOffsets(name, partitions),
      transact: (request, decideAll) =>
        log.transact(request, (loaded) => {
          sizes.push(request.targets.length);
          const isSlow = request.targets.length > 2 || (request.targets.length === 1 && slowAlone-- > 0);
          if (isSlow) throw new TransientLogError('cut off', { isTooSlow: true });
          return decideAll(loaded);
        }),
    }));
    service.assign(topic, new Map([[0, 0n]]));
    await service.submit(Array.from({ length: 9 }, (_, offset) => create(0, offset)));
    await service.drained();
    expect(outcomes.map(({ outcome }) => outcome.kind)).toEqual(Array(9).fill('applied'));
    expect(sizes.slice(0, 4)).toEqual([9, 5, 3, 2]);
    expect(fatal).toEqual([]);
  });
});

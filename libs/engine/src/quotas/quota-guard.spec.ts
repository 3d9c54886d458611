import { describe, expect, it } from 'vitest';
import { InMemoryTimerStore, ManualClock } from '#testing';
import { type CommandId, decide, type EpochMs, evolve, mintTimerId, type TimerId } from '#timer';
import { type CommandOutcome, CommandService } from '../commands/command-service.js';
import type { CommandEnvelope, UnmintedCommand } from '../commands/envelope.js';
import { TransientLogError } from '../log/errors.js';
import { CommandRates } from './command-rates.js';
import { QuotaGuard, type RefusedByQuota } from './quota-guard.js';
import { type QuotaSettings, Quotas } from './quotas.js';

const topic = 'commands';
const namespace = 'n';
const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
const idOf = (n: number): CommandId => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}` as CommandId;
const timer = { schedPolicyType: 'INTERVAL', schedPolicyExpr: '1h', hookClass: 'h' };

type Wish = UnmintedCommand extends infer C ? (C extends unknown ? Omit<C, 'commandId'> : never) : never;

type Said = readonly [target: string, wish: Wish, id?: number | undefined];

/** Commands of one partition that go in one transaction each time, before quotas. */
function given(settings: QuotaSettings, elsewhere?: (namespace: string) => number) {
  const clock = new ManualClock();
  const store = new InMemoryTimerStore({ partitions: 1, now: () => clock.now() as EpochMs });
  const told: CommandOutcome<unknown>[] = [];
  const counted: RefusedByQuota[] = [];
  let [random, offset] = [0, 0];
  const service = new CommandService({
    logs: [store.log],
    timer: { decide, evolve },
    mintTimerId: (slot) => mintTimerId(clock.now(), slot, new Uint8Array(9).fill(random++ % 256)),
    logger: silent,
    sleep: () => new Promise((resolve) => setImmediate(resolve)),
    onOutcomes: (outcomes) => told.push(...outcomes),
    onLostSource: () => undefined,
    onFatal: (error) => {
      throw error;
    },
    quotas: new QuotaGuard({
      quotas: new Quotas(settings),
      rates: new CommandRates(),
      usage: store.usage,
      ...(elsewhere !== undefined && { elsewhere }),
      onRefused: (refused) => counted.push(...refused),
    }),
  });
  service.assign(topic, new Map([[0, 0n]]));
  const envelopeOf = (target: string | TimerId, wish: Wish, id: number): CommandEnvelope => {
    const commandId = idOf(id);
    const named = target.includes('-') ? { timerId: target as TimerId } : { namespace, key: target };
    offset += 1;
    return {
      source: { topic, partition: 0, offset: BigInt(offset - 1) },
      key: null,
      value: Buffer.alloc(50),
      content: {
        kind: 'command',
        commandId,
        target: named,
        command: { commandId, ...wish } as UnmintedCommand,
      },
      reply: null,
    };
  };
  let ids = 1_000;
  return {
    clock,
    store,
    counted,
    /** @returns what became of each: `applied`, `repeated`, or the quota that refused it, or the code */
    when: async (...commands: readonly Said[]) => {
      told.length = 0;
      await service.submit(commands.map(([target, wish, id]) => envelopeOf(target, wish, id ?? ids++)));
      await service.drained();
      return told.map(({ outcome }) =>
        outcome.kind === 'rejected' ? (outcome.rejection.field ?? outcome.rejection.code) : outcome.kind,
      );
    },
    idOfTimer: async (key: string) => (await store.queries.byKey(namespace, key))?.id ?? '',
  };
}

const create: Wish = { type: 'CreateTimer', namespace, key: '', timer } as unknown as Wish;
const made = (key: string, id?: number): Said => [key, { ...create, key } as Wish, id];
const deletion: Wish = { type: 'DeleteTimer' };

describe('a quota of timers', () => {
  it('holds within one batch, in which what goes makes room for what comes', async () => {
    const { when, store } = given({ n: { timers: 2 } });
    expect(await when(made('a'), made('b'), made('c'), ['a', deletion], made('d'), made('e'))).toEqual([
      'applied',
      'applied',
      'timers',
      'applied',
      'applied',
      'timers',
    ]);
    expect(await store.usage.read()).toEqual(new Map([[namespace, 2]]));
  });

  it('counts what was there before anybody had a quota', async () => {
    const { when, store } = given({ n: { timers: 1 } });
    store.tables.usage.clear();
    expect(await when(made('a'))).toEqual(['applied']);
    store.tables.usage.clear();
    expect(await when(made('b'))).toEqual(['timers']);
  });

  it('answers a create that was taken as before, and one that was refused too, when there is room again', async () => {
    const { when } = given({ n: { timers: 1 } });
    expect(await when(made('a', 1), made('b', 2))).toEqual(['applied', 'timers']);
    expect(await when(made('a', 1))).toEqual(['repeated']);
    expect(await when(['a', deletion])).toEqual(['applied']);
    expect(await when(made('b', 2), made('b', 3))).toEqual(['timers', 'applied']);
  });

  it('lets an ended timer be begun anew only where there is room, named by its id too', async () => {
    const { when, idOfTimer } = given({ n: { timers: 1 } });
    await when(made('a'), ['a', { type: 'CancelTimer' }], made('b'));
    const revival: Wish = { type: 'UpdateTimer', set: { watermark: 0 as EpochMs } };
    const id = await idOfTimer('a');
    expect(await when(['a', revival], [id, revival])).toEqual(['timers', 'timers']);
    expect(await when(['b', deletion], [id, revival])).toEqual(['applied', 'applied']);
  });

  it('counts what other databases have', async () => {
    const { when } = given({ n: { timers: 10 } }, () => 9);
    expect(await when(made('a'), made('b'))).toEqual(['applied', 'timers']);
  });

  it('says what the limit is, what there is and what to do, and is told once it is written', async () => {
    const { when, store, counted } = given({ '*': { timers: 0 } });
    store.log.failNext({ when: 'before-commit', error: new TransientLogError('a deadlock') });
    await when(made('a'));
    expect(counted).toEqual([{ namespace, quota: 'timers' }]);
    const [refused] = [...store.tables.rejections.values()];
    expect(refused?.rejection).toEqual({
      code: 'quota-exceeded',
      field: 'timers',
      message:
        'namespace n has 0 timers that have not ended, and its quota is 0: delete or cancel some, then send it again under a new id',
    });
  });
});

describe('a quota of commands a second', () => {
  const pause: Wish = { type: 'PauseTimer' };

  it('refuses what goes over its burst, says when to come again, and takes it then', async () => {
    const { when, clock, store } = given({ n: { commandsPerSecond: 10, commandsBurst: 2 } });
    expect(await when(made('a'), ['a', pause], made('b'))).toEqual([
      'applied',
      'applied',
      'commandsPerSecond',
    ]);
    const [refused] = [...store.tables.rejections.values()];
    expect(refused?.rejection.retryAfterMs).toBe(100);
    await clock.advance(100);
    expect(await when(made('b'), made('c'))).toEqual(['applied', 'commandsPerSecond']);
  });

  it('counts no answer to an event: one that cannot be closed would be fired again', async () => {
    const { when } = given({ n: { commandsPerSecond: 1, commandsBurst: 1, payloadBytes: 10 } });
    const eventId = idOf(1) as string as never;
    const answers: Wish[] = [
      { type: 'CloseEvent', eventId } as Wish,
      { type: 'RetryEvent', eventId } as Wish,
      { type: 'HeartbeatEvent', eventId } as Wish,
      { type: 'ClaimEvent', eventId, worker: 'w' } as Wish,
      { type: 'AnswerPreSchedule', eventId } as Wish,
    ];
    const outcomes = await when(...answers.map((answer): readonly [string, Wish] => ['a', answer]));
    expect(outcomes).toEqual(answers.map(() => 'timer-not-exist'));
  });

  it('is not spent by what is answered as before, nor by a transaction that fails', async () => {
    const { when, store } = given({ n: { commandsPerSecond: 1, commandsBurst: 2 } });
    store.log.failNext({ when: 'before-commit', error: new TransientLogError('a deadlock') });
    expect(await when(made('a', 1), made('a', 1), made('b'))).toEqual(['applied', 'repeated', 'applied']);
  });

  it('is nothing to a namespace that has none', async () => {
    const { when } = given({ other: { commandsPerSecond: 1 } });
    expect(new Set(await when(...Array.from({ length: 50 }, (_, n) => made(`k${n}`))))).toEqual(
      new Set(['applied']),
    );
  });
});

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { topicsOf } from '#contract';
import { type Emission, EmissionRefused } from '#engine';
import { BatchProducer, KafkaAdmin, TopicRefused } from '#kafka';
import { type CommandId, decide, type EventId, evolve, mintTimerId, slotOf, type TimerState } from '#timer';
import { KafkaEmissionSink } from './emission-sink.js';

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** What falls due for a timer of this hook class. */
function dueOf(hookClass: string): Emission {
  const now = Date.now() as Parameters<typeof decide>[2];
  const timerId = mintTimerId(now, slotOf('n', hookClass), new Uint8Array(9));
  let state: TimerState | null = null;
  const run = (command: Parameters<typeof decide>[1]): void => {
    const decision = decide(state, command, now);
    if (!decision.ok) throw new Error(decision.rejection.message);
    for (const event of decision.events)
      state = evolve(state, { version: (state?.version ?? 0) + 1, commandId: null, event });
  };
  const timer = { schedPolicyType: 'INTERVAL', schedPolicyExpr: '1h', hookClass } as const;
  run({
    type: 'CreateTimer',
    commandId: randomUUID() as CommandId,
    timerId,
    namespace: 'n',
    key: hookClass,
    timer,
  });
  run({ type: 'FireDue', commandId: null, eventId: randomUUID() as EventId });
  return { kind: 'due', state: state as unknown as TimerState };
}

describe('emitting what falls due together', () => {
  const settings = { brokers: inject('kafkaBrokers').split(','), clientId: 'spec', log };
  const topics = topicsOf(`spec-${randomUUID().slice(0, 8)}`);
  const admin = new KafkaAdmin(settings);
  const producer = new BatchProducer(settings);
  let nowMs = 0;
  const sinkOf = () => new KafkaEmissionSink(producer, admin, topics, 1, () => nowMs);
  const sentTo = async (hookClass: string) => (await admin.topicOffsets(topics.due(hookClass)))[0]?.high;
  const refusalOf = (emissions: readonly Emission[], sink = sinkOf()) =>
    sink.emit(emissions).then(
      () => null,
      (error: unknown) => error as EmissionRefused,
    );

  beforeAll(async () => {
    await producer.start();
    await admin.ensureTopics([
      { topic: topics.due('billing.v1'), partitions: 1 },
      { topic: topics.due('small'), partitions: 1, config: { 'max.message.bytes': '100' } },
    ]);
  });
  afterAll(() => producer.stop());

  it.each([
    ['collides with another', 'billing_v1', 'differs only in `.` and `_`'],
    ['will not take the record', 'small', 'raise its max.message.bytes'],
  ])(
    'sends what goes elsewhere when one topic %s, and tells what was refused and what to do',
    async (_, hookClass, advice) => {
      const [good, bad, made] = ['billing.v1', hookClass, `new-${hookClass}`].map(dueOf);
      const before = (await sentTo('billing.v1')) ?? 0n;
      const refusal = await refusalOf([good, bad, made] as Emission[]);
      expect(refusal).toBeInstanceOf(EmissionRefused);
      expect(refusal?.refused).toEqual([bad]);
      expect(refusal?.message).toContain(`${topics.due(hookClass)}: `);
      expect(refusal?.message).toContain(advice);
      // what had left with the refused ones is sent once more: the same events, by their ids
      expect(await sentTo('billing.v1')).toBeGreaterThanOrEqual(before + 1n);
      expect(await sentTo(`new-${hookClass}`)).toBeGreaterThanOrEqual(1n);
    },
  );

  it('asks for a topic that it could not make after one second, two, and so on, and sends once it can be made', async () => {
    const sink = sinkOf();
    await admin.ensureTopics([{ topic: topics.due('x.y'), partitions: 1 }]);
    for (const restMs of [1_000, 2_000]) {
      expect(await refusalOf([dueOf('x_y')], sink)).toMatchObject({ isRemembered: false });
      nowMs += restMs - 1;
      expect(await refusalOf([dueOf('x_y')], sink)).toMatchObject({ isRemembered: true });
      nowMs += 1;
    }
    expect(await refusalOf([dueOf('x_y')], sink)).toMatchObject({ isRemembered: false });
    await admin.deleteTopics([topics.due('x.y')]);
    expect(await refusalOf([dueOf('x_y')], sink)).toMatchObject({ isRemembered: true });
    nowMs += 4_000;
    expect(await refusalOf([dueOf('x_y')], sink)).toBeNull();
    expect(await sentTo('x_y')).toBe(1n);
  });

  it('sends what two asked for at once, though the slower of them was told that it is not there', async () => {
    const slower = Promise.withResolvers<void>();
    let asked = 0;
    const ensureTopics: KafkaAdmin['ensureTopics'] = async (wanted) => {
      asked += 1;
      if (asked > 1) return admin.ensureTopics(wanted);
      await slower.promise;
      throw new TopicRefused(topics.due('raced'), new Error('not known here yet'));
    };
    const sink = new KafkaEmissionSink(producer, { ensureTopics }, topics, 1, () => nowMs);
    const first = refusalOf([dueOf('raced')], sink);
    expect(await refusalOf([dueOf('raced')], sink)).toBeNull();
    slower.resolve();
    expect(await first).toBeNull();
    expect(await refusalOf([dueOf('raced')], sink)).toBeNull();
    expect(await sentTo('raced')).toBe(3n);
  });
});

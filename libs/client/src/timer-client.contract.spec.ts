import { randomUUID } from 'node:crypto';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import {
  acceptedReply,
  commandBytesMax,
  type ParsedCommand,
  parseCommand,
  refusedReply,
  topicsOf,
} from '#contract';
import { BatchConsumer, BatchProducer, type InRecord, KafkaAdmin, replyAddress, replyRecord } from '#kafka';
import { decide, type EpochMs, evolve, mintTimerId, type TimerState } from '#timer';
import {
  ClientNotConnectedError,
  ClientOverloadedError,
  CommandTooLargeError,
  ConnectTimeoutError,
  InvalidSpecError,
  TimerClient,
  type TimerClientOptions,
  TimerExistsError,
  TimerNotExistError,
  VersionNotMatchError,
} from './index.js';
import { TimersModule } from './nest.js';

const quiet = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
const hourly = { schedPolicyType: 'INTERVAL', schedPolicyExpr: '1h' };

/** Decides, answers in batches and remembers first outcomes as the real one does, in a map. */
class FakeScheduler {
  readonly commandIds: string[] = [];
  /** What to answer instead; undefined: the truth; null: nothing. */
  answerWith: (id: string) => string | null | undefined = () => undefined;
  readonly #timers = new Map<string, TimerState>();
  readonly #outcomes = new Map<string, string>();
  readonly #producer: BatchProducer;
  readonly #consumer: BatchConsumer;

  constructor(kafka: ConstructorParameters<typeof BatchProducer>[0], commands: string) {
    this.#producer = new BatchProducer(kafka);
    this.#consumer = new BatchConsumer(kafka, {
      groupId: `fake-${randomUUID()}`,
      topics: [commands],
      onRecords: (_topic, _partition, records) => this.#handle(records),
    });
  }

  start = async (): Promise<void> => {
    await this.#producer.start();
    await this.#consumer.start();
  };
  stop = async (): Promise<void> => {
    await this.#consumer.stop();
    await this.#producer.stop();
  };

  async #handle(records: readonly InRecord[]): Promise<void> {
    const replies = records.flatMap((record) => {
      const { id, body } = this.#outcome(record);
      this.commandIds.push(id);
      const answer = this.answerWith(id);
      const address = replyAddress(record);
      return answer === null || address === null ? [] : [replyRecord(address, answer ?? body, null)];
    });
    await this.#producer.send(replies);
  }

  #outcome(record: InRecord): { id: string; body: string } {
    const parsed = parseCommand(record, commandBytesMax);
    if (!parsed.ok) return { id: String(parsed.commandId), body: refusedReply(parsed.rejection) };
    const id = parsed.commandId;
    const body = this.#outcomes.get(id) ?? this.#decide(parsed);
    this.#outcomes.set(id, body);
    return { id, body };
  }

  #decide({ commandId, command, target }: Extract<ParsedCommand, { ok: true }>): string {
    const name = JSON.stringify(target);
    const state = this.#timers.get(name) ?? null;
    const now = Date.now() as EpochMs;
    const timerId = mintTimerId(now, 0, new Uint8Array(10));
    const decision = decide(state, command.type === 'CreateTimer' ? { ...command, timerId } : command, now);
    if (!decision.ok) return refusedReply(decision.rejection);
    let [after, version] = [state, state?.version ?? 0];
    for (const event of decision.events) {
      version += 1;
      after = evolve(after, { version, commandId, event });
    }
    if (after === null) this.#timers.delete(name);
    else this.#timers.set(name, after);
    const told = after ?? state;
    if (told === null) throw new Error('nothing to tell of');
    return acceptedReply(told);
  }
}

describe('the client', () => {
  const closers: (() => Promise<void>)[] = [];
  let scheduler: FakeScheduler;
  let client: TimerClient;
  let makeClient: () => TimerClient;
  let options: TimerClientOptions;

  beforeEach(async () => {
    const kafka = { brokers: inject('kafkaBrokers').split(','), clientId: 'spec', log: quiet };
    const topicPrefix = `c${randomUUID().slice(0, 8)}`;
    const topics = topicsOf(topicPrefix);
    await new KafkaAdmin(kafka).ensureTopics(
      [topics.commands, topics.replies].map((topic) => ({ topic, partitions: 4 })),
    );
    scheduler = new FakeScheduler(kafka, topics.commands);
    options = { kafka, topicPrefix, timeoutMs: 20_000 };
    makeClient = () => {
      const made = new TimerClient(options);
      closers.push(() => made.close());
      return made;
    };
    client = makeClient();
    closers.push(scheduler.stop);
    await Promise.all([scheduler.start(), client.connect()]);
  });
  afterEach(async () => {
    await Promise.all(closers.splice(0).map((close) => close()));
  });

  it('awaits the outcome of each command', async () => {
    const made = await client.createTimer({ key: 'a', ...hourly, tags: ['x'] });
    expect(made).toMatchObject({ namespace: 'default', key: 'a', version: 1, tags: ['x'] });
    expect(await client.updateTimer({ key: 'a' }, { tags: [] })).toMatchObject({ version: 2, tags: [] });
    expect(await client.pauseTimer({ key: 'a' })).toMatchObject({ status: 'paused' });
    expect(await client.resumeTimer({ key: 'a' })).toMatchObject({ status: 'waiting' });
    const commandId = randomUUID();
    expect(await client.manualTriggerEvent({ key: 'a' }, { commandId })).toBe(commandId);
    expect(await client.updateTimer({ key: 'a' }, { tags: ['y'] })).toMatchObject({
      manualRequest: { manualRequestId: commandId },
    });
    expect(await client.deleteTimer({ key: 'a' })).toBe(true);
    expect(await client.deleteTimer({ key: 'a' })).toBe(false);
  });

  it('throws a refusal as the error of its code', async () => {
    await client.createTimer({ key: 'a', ...hourly });
    await expect(client.createTimer({ key: 'a', ...hourly })).rejects.toThrow(TimerExistsError);
    await expect(client.pauseTimer({ key: 'b' })).rejects.toThrow(TimerNotExistError);
    await expect(client.deleteTimer({ key: 'a' }, { check: { version: 9 } })).rejects.toThrow(
      VersionNotMatchError,
    );
    const wrong = client.createTimer({ key: 'c', schedPolicyType: 'CRON', schedPolicyExpr: 'soon' });
    await expect(wrong).rejects.toThrow(InvalidSpecError);
    await expect(wrong).rejects.toMatchObject({ field: 'schedPolicyExpr' });
    const large = client.createTimer({ key: 'd', ...hourly, data: 'x'.repeat(commandBytesMax) });
    await expect(large).rejects.toThrow(CommandTooLargeError);
  });

  it('gives the outcomes of a batch in the order of its timers', async () => {
    const keys = Array.from({ length: 1_203 }, (_, n) => (n === 1_100 ? 'k7' : `k${n}`));
    const outcomes = await client.createTimers(keys.map((key) => ({ key, ...hourly })));
    const shown = outcomes.map((outcome) =>
      outcome.status === 'fulfilled' ? outcome.value.key : outcome.reason.code,
    );
    expect(shown).toEqual(keys.map((key, n) => (n === 1_100 ? 'timer-exists' : key)));
  });

  it('refuses what is more than may wait to be sent, and sends nothing of what is given up while it waits', async () => {
    const abort = new AbortController();
    const data = 'x'.repeat(256 * 1024);
    const calls = Array.from({ length: 300 }, (_, n) =>
      client.createTimer({ key: `k${n}`, ...hourly, data }, { signal: abort.signal }),
    );
    const ended = Promise.allSettled(calls);
    await expect(calls.at(-1)).rejects.toThrow(ClientOverloadedError);
    abort.abort(new Error('not wanted any more'));
    const reasons = (await ended).map((end) => end.status === 'rejected' && end.reason.message);
    expect(reasons[0]).toBe('not wanted any more');
    await client.createTimer({ key: 'after', ...hourly });
    expect(scheduler.commandIds).toHaveLength(1);
  });

  it('sends the same command id again when an answer is lost, and gets the first outcome', async () => {
    const commandId = randomUUID();
    scheduler.answerWith = () => (scheduler.commandIds.length === 1 ? null : undefined);
    const outcome = client.createTimer({ key: 'a', ...hourly }, { commandId, timeoutMs: 8_000 });
    expect(await outcome).toMatchObject({ key: 'a', version: 1 });
    // once more where the second answer takes its time
    expect(scheduler.commandIds.length).toBeGreaterThanOrEqual(2);
    expect(new Set(scheduler.commandIds)).toEqual(new Set([commandId]));
  });

  it('tells an answer that makes no sense to its caller alone', async () => {
    const [odd, good] = [randomUUID(), randomUUID()];
    scheduler.answerWith = (id) => (id === odd ? '{"ok":"perhaps"}' : undefined);
    const outcomes = await Promise.allSettled(
      [odd, good].map((commandId) => client.createTimer({ key: commandId, ...hourly }, { commandId })),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    expect(await client.createTimer({ key: 'later', ...hourly })).toMatchObject({ key: 'later' });
  });

  it('is a provider of a Nest application, connected when it starts and closed when it ends', async () => {
    @Module({ imports: [TimersModule.forRoot(options)] })
    class App {}
    const app = await NestFactory.createApplicationContext(App, { logger: false });
    const injected = app.get(TimerClient);
    expect(await injected.createTimer({ key: 'nest', ...hourly })).toMatchObject({ key: 'nest' });
    await app.close();
    await expect(injected.pauseTimer({ key: 'nest' })).rejects.toThrow(ClientNotConnectedError);
  });

  it('gives up connecting when told to, and connects when asked again', async () => {
    const topicPrefix = `late${randomUUID().slice(0, 8)}`;
    const early = new TimerClient({ ...options, topicPrefix });
    closers.push(() => early.close());
    await expect(early.connect({ timeoutMs: 50 })).rejects.toThrow(ConnectTimeoutError);
    const abort = new AbortController();
    const connecting = early.connect({ signal: abort.signal });
    abort.abort(new Error('not any more'));
    await expect(connecting).rejects.toThrow('not any more');
    await new KafkaAdmin(options.kafka).ensureTopics([
      { topic: topicsOf(topicPrefix).replies, partitions: 4 },
    ]);
    await early.connect({ timeoutMs: 30_000 });
  });

  it('each client hears its own answers only', async () => {
    const other = makeClient();
    await other.connect();
    const [mine, its] = await Promise.all([
      client.createTimer({ key: 'mine', ...hourly }),
      other.createTimer({ key: 'its', ...hourly }),
    ]);
    expect([mine.key, its.key]).toEqual(['mine', 'its']);
  });

  it('connects and closes in any order, twice too, and tells whoever still waits', async () => {
    await client.connect();
    scheduler.answerWith = () => null;
    const waiting = client.createTimer({ key: 'a', ...hourly });
    const told = expect(waiting).rejects.toThrow(ClientNotConnectedError);
    await Promise.all([client.close(), client.close()]);
    await told;
    await expect(client.createTimer({ key: 'b', ...hourly })).rejects.toThrow(ClientNotConnectedError);
    await expect(client.connect()).rejects.toThrow(ClientNotConnectedError);
    const hasty = makeClient();
    await expect(hasty.createTimer({ key: 'c', ...hourly })).rejects.toThrow(ClientNotConnectedError);
    const connecting = expect(hasty.connect()).rejects.toThrow(ClientNotConnectedError);
    await hasty.close();
    await connecting;
  });
});

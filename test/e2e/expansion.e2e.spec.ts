import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, it } from 'vitest';
import type { TimerClient } from '#client';
import { HookWorker } from '#hooks';
import { readTopology } from '#postgres';
import { Cluster, createCommand, type LogRow } from '../harness/cluster.js';
import { EventStream, type StreamMessage } from '../harness/event-stream.js';
import type { TopicTail } from '../harness/topic-tail.js';
import { eventually } from '../harness/wait.js';

const [from, to] = [8, 16];
const env = { PARTITIONS: String(from) };
const clientsAtOnce = 6;
const keysPerClient = 4;
const gridTimers = 24;

describe('an expansion from 8 to 16 partitions under load', () => {
  let cluster: Cluster;
  const closers: (() => Promise<unknown>)[] = [];
  afterAll(async () => {
    for (const close of closers.reverse()) await close();
    await cluster.close();
  });

  it('loses nothing, closes once, and keeps the order, though the command is killed on its way', async () => {
    cluster = await Cluster.open();
    const [running] = await Promise.all([
      Promise.all([cluster.start('scheduler', env), cluster.start('scheduler', env)]),
      Promise.all([cluster.start('fire', env), cluster.start('fire', env)]),
    ]);
    const api = await cluster.api();
    const hook = new HookWorker({
      kafka: cluster.kafka,
      topicPrefix: cluster.prefix,
      groupId: `${cluster.prefix}-hooks`,
      partitions: from,
      hooks: { h: () => Promise.resolve() },
    });
    await hook.start();
    closers.push(() => hook.stop());
    const feed = await cluster.tail(cluster.topics.events);
    const live = await EventStream.open(`${api.url}/v1/watch`);
    const early = await EventStream.open(`${api.url}/v1/watch`);
    for (const stream of [live, early]) await eventually('it is ready', () => stream.has('ready'));
    closers.push(async () => live.close());

    await cluster.send(
      Array.from({ length: gridTimers }, (_, n) =>
        createCommand(`grid-${n}`, {
          schedPolicyType: 'INTERVAL',
          schedPolicyExpr: `${200 + n * 10}ms`,
          hookClass: 'h',
        }),
      ),
    );
    const load = await startLoad(cluster);
    await eventually('it is under way', async () => (await cluster.count('EventClosed')) > 300);
    early.close();
    expect(early.lastEventId).toMatch(/^1\./);
    const before = early.facts.length;

    await carillon(['partitions', 'expand', String(to)], { killedAt: 'topics:' });
    expect((await readTopology(cluster.pool)).partitions).toBe(from);
    // one that starts on the way does as the others, whatever its PARTITIONS
    const schedulers = [...running, await cluster.start('scheduler', { PARTITIONS: '4' })];
    await eventually('new partitions are held', () =>
      schedulers.some((one) => one.has('partitions wait: for `carillon partitions expand`')),
    );
    const { code, lines } = await carillon(['partitions', 'expand', String(to)]);
    expect([code, lines.at(-1)]).toEqual([0, `log: is spread over ${to} partitions from here on`]);

    const closes = await cluster.count('EventClosed');
    await eventually(
      'it goes on',
      async () => (await cluster.count('EventClosed')) > closes + 300 && load.rounds() >= 6,
    );
    await load.stop();
    await rested(cluster);

    expect(load.problems).toEqual([]);
    expect((await cluster.verify()).findings).toEqual([]);
    expect((await cluster.pool.query('select from rejection')).rows).toEqual([]);
    const log = await cluster.events();
    expect(log.filter(({ partition }) => partition >= from).length).toBeGreaterThan(100);
    expect(closesPerEvent(log)).toEqual(new Set([1]));

    await eventually('the feed has all of it', () => feed.records.length >= log.length);
    expect(feedOrderOf(feed)).toEqual({
      timers: new Set(log.map((row) => row.stream_id)).size,
      disorders: [],
    });

    const resumed = await EventStream.open(`${api.url}/v1/watch`, early.lastEventId);
    closers.push(async () => resumed.close());
    await eventually('it is live', () => resumed.has('ready'));
    // ready is who stands where the others stand, and those may still be told the last of it
    await eventually('both have heard all of it', () =>
      [live.facts.length, before + resumed.facts.length].every((told) => told >= log.length),
    );
    expect(before + resumed.facts.length).toBe(log.length);
    expect(live.facts.length).toBe(log.length);
    for (const facts of [live.facts, [...early.facts, ...resumed.facts]]) expect(skipsOf(facts)).toEqual([]);
    expect(live.lastEventId).toMatch(/^2\./);
  });

  /** As an operator runs it; killed when it has said a line that begins so. */
  async function carillon(
    words: readonly string[],
    { killedAt }: { readonly killedAt?: string } = {},
  ): Promise<{ readonly code: number | null; readonly lines: string[] }> {
    const child = spawn(process.execPath, ['dist/apps/cli/src/main.js', ...words], {
      env: {
        ...process.env,
        KAFKA_BROKERS: cluster.brokers,
        DATABASE_URL: cluster.databaseUrl,
        TOPIC_PREFIX: cluster.prefix,
        SCHEDULER_GROUP_ID: `${cluster.prefix}-scheduler`,
        FIRE_GROUP_ID: `${cluster.prefix}-fire`,
      },
    });
    const lines: string[] = [];
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line);
        if (killedAt !== undefined && line.startsWith(killedAt)) child.kill('SIGKILL');
      });
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, lines };
  }
});

interface RunningLoad {
  /** What a client was told that it should not have been. */
  readonly problems: string[];
  /** The least that any client has done. */
  rounds(): number;
  stop(): Promise<void>;
}

/** Clients that change timers one after another and wait for each reply: each must come on top of the one before. */
async function startLoad(cluster: Cluster): Promise<RunningLoad> {
  const problems: string[] = [];
  const done = Array.from({ length: clientsAtOnce }, () => 0);
  let isOver = false;
  const work = async (client: TimerClient, index: number): Promise<void> => {
    const keys = Array.from({ length: keysPerClient }, (_, n) => `waiting-${index}-${n}`);
    for (const key of keys)
      await client.createTimer({
        key,
        schedPolicyType: 'INTERVAL',
        schedPolicyExpr: '1h',
        startAt: '2100-01-01T00:00:00Z',
      });
    for (let round = 1; !isOver; round += 1) {
      for (const key of keys) {
        const { version, tags } = await client.updateTimer({ key }, { tags: [String(round)] });
        if (version !== round + 1 || tags[0] !== String(round))
          problems.push(`${key}: round ${round} was answered with version ${version}, ${tags}`);
      }
      done[index] = round;
    }
  };
  const clients = await Promise.all(Array.from({ length: clientsAtOnce }, () => cluster.client()));
  const running = Promise.all(
    clients.map((client, index) =>
      work(client, index).catch((error: unknown) => problems.push(`client ${index}: ${error}`)),
    ),
  );
  return {
    problems,
    rounds: () => Math.min(...done),
    stop: async () => {
      isOver = true;
      await running;
    },
  };
}

/** Timers that fire do so no more, and nothing is open. */
async function rested(cluster: Cluster): Promise<void> {
  await cluster.send(
    Array.from({ length: gridTimers }, (_, n) => ({
      type: 'UpdateTimer' as const,
      id: crypto.randomUUID(),
      namespace: 'default',
      key: `grid-${n}`,
      set: { enable: false },
    })),
  );
  await eventually('all rest', async () => {
    const { rows } = await cluster.pool.query(
      `select from timer_state join timer_spec using (id) where key like 'grid-%' and (status <> 4 or phase <> 0)`,
    );
    return rows.length === 0;
  });
}

const closesPerEvent = (log: readonly LogRow[]): Set<number> => {
  const closes = new Map<string, number>();
  for (const { type, data } of log) {
    const id = String(data.eventId);
    if (type === 'EventTriggered') closes.set(id, closes.get(id) ?? 0);
    if (type === 'EventClosed') closes.set(id, (closes.get(id) ?? 0) + 1);
  }
  return new Set(closes.values());
};

/** In a partition versions rise, once repeats are dropped; a later partition of a timer goes on where the former one ended, and was written later. */
function feedOrderOf({ records }: TopicTail): { readonly timers: number; readonly disorders: string[] } {
  const disorders: string[] = [];
  const timers = Map.groupBy(records, ({ headers }) => String(headers.ce_timerid));
  for (const [id, all] of timers) {
    const parts = [...Map.groupBy(all, ({ partition }) => partition)].sort(([a], [b]) => a - b);
    let version = 0;
    for (const [partition, inOrder] of parts)
      for (const { headers } of inOrder.toSorted((a, b) => Number(a.offset - b.offset))) {
        const next = Number(headers.ce_timerversion);
        if (next === version + 1) version = next;
        else if (next > version) disorders.push(`${id}: ${next} after ${version} in ${partition}`);
      }
  }
  return { timers: timers.size, disorders };
}

/** Of each timer every version comes, each once and in order. */
function skipsOf(facts: readonly StreamMessage[]): string[] {
  const last = new Map<string, number>();
  return facts.flatMap(({ data: { timerId, version } }) => {
    const before = last.get(timerId) ?? 0;
    last.set(timerId, version);
    return version === before + 1 ? [] : [`${timerId}: ${version} after ${before}`];
  });
}

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DelayQueue, openDelayQueue } from '#delays';
import { Cluster, partitions } from '../harness/cluster.js';
import { TestProcess } from '../harness/process.js';
import { eventually } from '../harness/wait.js';

interface RunLine {
  readonly run: string;
  readonly id: string;
  readonly eventId: string;
  readonly attempt: number;
  readonly data: string | null;
}

/** Of the log: an event's close may end its timer, and one that is cancelled ends by itself. */
const endings = `(type = 'TimerEnded' or data::json->'ended' is not null)`;

describe('delayed events', () => {
  let cluster: Cluster;
  let queue: DelayQueue;
  const workers: TestProcess[] = [];
  const services: TestProcess[] = [];

  const startWorker = async (): Promise<void> => {
    const env = {
      KAFKA_BROKERS: cluster.brokers,
      TOPIC_PREFIX: cluster.prefix,
      PARTITIONS: String(partitions),
    };
    const worker = TestProcess.start('delay-worker', 'test/harness/delay-worker.js', env);
    workers.push(worker);
    await eventually('the worker is up', () => {
      if (worker.hasExited) throw new Error(`the worker ended: ${worker.lines.join('\n')}`);
      return worker.has('delay-worker is up');
    });
  };
  const runs = (id?: string): RunLine[] =>
    workers
      .flatMap(({ lines }) => lines)
      .filter((line) => line.startsWith('{"run"'))
      .map((line) => JSON.parse(line) as RunLine)
      .filter((line) => id === undefined || line.id === id);
  const ended = async (): Promise<number> => (await cluster.events(endings)).length;

  beforeAll(async () => {
    cluster = await Cluster.open();
    const apps = ['scheduler', 'scheduler', 'fire', 'fire'] as const;
    services.push(...(await Promise.all(apps.map((app) => cluster.start(app)))));
    queue = openDelayQueue({
      kafka: cluster.kafka,
      topicPrefix: cluster.prefix,
      partitions,
      triggers: {},
      maxRetry: 2,
      lockTimeoutMs: 10_000,
      callTimeoutMs: 30_000,
    });
    await queue.start();
    await Promise.all([startWorker(), startWorker()]);
  });
  afterAll(async () => {
    await queue?.stop();
    await Promise.all(workers.map((worker) => worker.kill()));
    await cluster?.close();
  });

  it('come back byte for byte, at their millisecond, also after a retry with data of its own', async () => {
    const data = '{"id": 9007199254740993}';
    const at = Date.now() + 1_234;
    const [note, again] = [await queue.create('note', at, data), await queue.create('again', at, data)];
    await eventually('both have run', () => runs(note).length === 1 && runs(again).length === 2);
    expect(runs(note)[0]?.data).toBe(data);
    expect(runs(again).map((run) => run.data)).toEqual([data, '{"id": 9007199254740993, "again": true}']);
    const [fact] = await cluster.events(`type = 'EventTriggered' and record_key = $1`, [`delays/${note}`]);
    expect(Date.parse(String(fact?.data.scheduledFor))).toBe(at);
    expect(Date.parse(String(fact?.data.startedAt))).toBeGreaterThanOrEqual(at);
  });

  it('tell whoever cancels them what they were, and an attempt under way is the last', async () => {
    const waiting = await queue.create('note', Date.now() + 3_600_000);
    expect(await queue.cancel(waiting)).toBe('cancelled');
    const done = await queue.create('note', Date.now());
    const ends = () => cluster.events(`${endings} and record_key = $1`, [`delays/${done}`]);
    await eventually('it has ended', async () => (await ends()).length === 1);
    expect(await queue.cancel(done)).toBe('already-fired');
    expect(await queue.cancel('nobody')).toBe('unknown');
    const slow = await queue.create('slow', Date.now());
    await eventually('it runs', () => runs(slow).length === 1);
    expect(await queue.redrive(slow)).toBe(false);
    expect(queue.getStat()['futurama.MySQLStore.nbError']).toBe(0);
    expect(await queue.cancel(slow)).toBe('running');
    await eventually('its last attempt has ended', async () => (await queue.cancel(slow)) === 'cancelled');
    const facts = await cluster.events('record_key = $1', [`delays/${slow}`]);
    expect(facts.map(({ type }) => type).filter((type) => type !== 'EventExtended')).toEqual([
      'TimerCreated',
      'EventTriggered',
      'TimerEnded',
      'EventCancelled',
    ]);
    expect(runs(slow)).toHaveLength(1);
  });

  it('that are given up can be seen with their last error, and redriven', async () => {
    const id = await queue.create('hopeless', Date.now(), 'data');
    const givenUp = async (attempts: number) =>
      eventually(`given up after ${attempts}`, async () =>
        (await queue.listGivenUp()).events.find((event) => event.id === id && event.attempts === attempts),
      );
    expect(await givenUp(3)).toMatchObject({
      type: 'hopeless',
      data: 'data',
      lastError: 'retry: attempt 3 would not',
    });
    expect(await queue.redrive(id)).toBe(true);
    expect(await givenUp(6)).toMatchObject({ lastError: 'threw: attempt 6 broke' });
    expect(runs(id).map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await queue.redrive('nobody')).toBe(false);
  });

  it('of a type that nobody has wait for a process that has it, and use up no attempt', async () => {
    const ran: string[] = [];
    const own = (triggers: Parameters<typeof openDelayQueue>[0]['triggers']) =>
      openDelayQueue({
        kafka: cluster.kafka,
        topicPrefix: cluster.prefix,
        partitions,
        namespace: 'strangers',
        maxRetry: 0,
        lockTimeoutMs: 300,
        callTimeoutMs: 30_000,
        triggers,
      });
    const [maker, runner] = [own({}), own({ strange: ({ id }) => void ran.push(id) })];
    await maker.start();
    const id = await maker.create('strange', Date.now());
    const offers = () => cluster.events(`type = 'EventRedelivered' and record_key = $1`, [`strangers/${id}`]);
    // with no attempt but one, any that counted would have given it up
    await eventually('it is offered again and again', async () => (await offers()).length >= 3);
    expect((await offers()).map(({ data }) => data.reason)).not.toContain('ack-timeout');
    await runner.start();
    await eventually('it has run', () => ran.includes(id));
    await eventually(
      'it has ended',
      async () => (await cluster.events(`${endings} and record_key = $1`, [`strangers/${id}`])).length === 1,
    );
    await Promise.all([maker.stop(), runner.stop()]);
  });

  it('all run, and each ends once, while one of two schedulers, fire services and workers is killed', async () => {
    const before = await ended();
    const events = 2_000;
    const start = Date.now() + 3_000;
    const ids = await Promise.all(
      Array.from({ length: events }, (_, i) =>
        queue.create('note', start + i * 3, `n${i}`, { id: `kill-${i}` }),
      ),
    );
    await eventually('a third has run', async () => (await ended()) - before > events / 3);
    await Promise.all([services[0]?.kill(), services[2]?.kill(), workers[0]?.kill()]);
    // the caller's own ids: a repeat while half of everything is gone makes nothing new
    await queue.create('note', start, 'again', { id: 'kill-0' });
    await eventually('all have ended', async () => (await ended()) - before === events);
    const ran = new Set(runs().flatMap((run) => (run.id.startsWith('kill-') ? [run.id] : [])));
    expect(ran.size).toBe(events);
    const closed = await cluster.events(`type = 'EventClosed' and record_key like 'delays/kill-%'`);
    expect(new Set(closed.map(({ stream_id }) => stream_id)).size).toBe(closed.length);
    expect(closed).toHaveLength(ids.length);
    expect((await cluster.verify()).findings).toEqual([]);
  });

  it('are counted as the log has them', async () => {
    const count = async (where: string): Promise<number> =>
      (await cluster.events(`${where} and record_key like 'delays/%'`)).length;
    const truth = {
      'futurama.Scheduler.nbTriggered': await count(`type in ('EventTriggered', 'EventRedelivered')`),
      'futurama.Scheduler.nbGiveup': await count(`type = 'EventGivenUp'`),
      'futurama.Scheduler.nbRecovered': await count(
        `type = 'EventRetryScheduled' and data::json->>'error' like 'threw: %'`,
      ),
      'futurama.Scheduler.nbDelayed': await count(
        `type = 'EventTriggered' and (data::json->>'startedAt')::timestamptz - (data::json->>'scheduledFor')::timestamptz > '2s'`,
      ),
      'futurama.MySQLStore.nbSave': await count(`type = 'TimerCreated'`),
      'futurama.MySQLStore.nbCancel': await count(
        `type = 'TimerEnded' and data::json->>'reason' = 'cancelled'`,
      ),
      'futurama.MySQLStore.nbComplete': await count(endings),
      'futurama.MySQLStore.nbRetry': await count(
        `type = 'EventRedelivered' and data::json->>'reason' = 'retry'`,
      ),
      'futurama.MySQLStore.nbReset': await count(
        `type = 'EventRedelivered' and data::json->>'reason' = 'ack-timeout'`,
      ),
      'futurama.MySQLStore.nbError': 0,
    };
    await eventually('the feed has told everything', () => {
      const stat = queue.getStat();
      return Object.entries(truth).every(([name, value]) => stat[name] === value);
    }).catch(() => undefined);
    expect(queue.getStat()).toMatchObject(truth);
    expect(truth['futurama.MySQLStore.nbSave']).toBeGreaterThan(2_000);
  });
});

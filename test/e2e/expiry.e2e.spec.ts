import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Closer, type Expirations, type ExpirationsOptions, openExpirations } from '#expiry';
import { Cluster, partitions } from '../harness/cluster.js';
import { TestProcess } from '../harness/process.js';
import { eventually } from '../harness/wait.js';

/** What the killed had under way comes again when their sessions and deadlines are over: 35 s beside two other runs. */
const killedWaitMs = 120_000;

interface CloseLine {
  readonly close: string;
  readonly data: string | null;
  readonly attempt: number;
}

describe('expirations', () => {
  let cluster: Cluster;
  let expirations: Expirations;
  const session: Closer = { name: 'session' };
  const workers: TestProcess[] = [];
  const services: TestProcess[] = [];

  const startServices = async (): Promise<void> => {
    const apps = ['scheduler', 'scheduler', 'fire', 'fire'] as const;
    services.push(...(await Promise.all(apps.map((app) => cluster.start(app)))));
  };
  const startWorker = async (): Promise<void> => {
    const env = {
      KAFKA_BROKERS: cluster.brokers,
      TOPIC_PREFIX: cluster.prefix,
      PARTITIONS: String(partitions),
    };
    const worker = TestProcess.start('expiry-worker', 'test/harness/expiry-worker.js', env);
    workers.push(worker);
    await eventually('the worker is up', () => {
      if (worker.hasExited) throw new Error(`the worker ended: ${worker.lines.join('\n')}`);
      return worker.has('expiry-worker is up');
    });
  };
  const closes = (start = ''): CloseLine[] =>
    workers
      .flatMap(({ lines }) => lines)
      .filter((line) => line.startsWith('{"close"'))
      .map((line) => JSON.parse(line) as CloseLine)
      .filter(({ close }) => close.startsWith(start));
  /** Of a caller who closes nothing: the workers do. */
  const opened = async (more: Partial<ExpirationsOptions> = {}): Promise<Expirations> => {
    const caller = openExpirations({
      kafka: cluster.kafka,
      topicPrefix: cluster.prefix,
      partitions,
      callTimeoutMs: 30_000,
      closingWaitMs: 30_000,
      ...more,
    });
    await caller.start();
    return caller;
  };

  beforeAll(async () => {
    cluster = await Cluster.open();
    await startServices();
    expirations = await opened();
    await Promise.all([startWorker(), startWorker()]);
  });
  afterAll(async () => {
    await expirations?.stop();
    await Promise.all(workers.map((worker) => worker.kill()));
    await cluster?.close();
  });

  it('close once, at their time, with the data of the last renewal; one that fails is tried again', async () => {
    await expirations.create('plain', Date.now() + 500, session, { data: '{"id": 9007199254740993}' });
    await expirations.create('stubborn', Date.now() + 500, session);
    await eventually(
      'both are closed',
      () => closes('plain').length === 1 && closes('stubborn').length === 2,
    );
    expect(closes('plain')).toEqual([{ close: 'plain', data: '{"id": 9007199254740993}', attempt: 1 }]);
    expect(closes('stubborn').map(({ attempt }) => attempt)).toEqual([1, 2]);
  });

  it('are held, let go, renewed and ended by any process', async () => {
    // what is held, deleted or renewed is so before this
    const soon = Date.now() + 8_000;
    await Promise.all(
      ['held', 'late', 'renewed', 'deleted', 'forced'].map((id) => expirations.create(id, soon, session)),
    );
    const held = await Promise.all(
      ['held', 'late', 'renewed'].map((id) => expirations.pause(id, `${id}-update`)),
    );
    expect(held.map(({ status }) => status)).toEqual(['paused', 'paused', 'paused']);
    expect(await expirations.delete('deleted')).toBe(true);
    expect(await expirations.expire('forced')).toBe(true);
    expect(await expirations.reset('renewed', soon + 3_600_000, 'renewed-update')).toBe(true);
    await eventually('the forced one is closed', () => closes('forced').length === 1);
    await eventually('the time of all has passed', () => Date.now() > soon + 500);
    expect(await expirations.resume('late', 'late-update')).toBe(true);
    await eventually('the late one is closed', () => closes('late').length === 1);
    for (const id of ['held', 'renewed', 'deleted']) expect(closes(id)).toEqual([]);
  });

  it('two hundred updates and closes of one id, its time being now, never close what is not open', async () => {
    let isOpen = false;
    const problems: string[] = [];
    const shut = (who: string): void => {
      if (!isOpen) problems.push(`${who} closed what was not open`);
      isOpen = false;
    };
    const racer = openExpirations({
      kafka: cluster.kafka,
      topicPrefix: cluster.prefix,
      partitions,
      namespace: 'race',
      callTimeoutMs: 60_000,
      closingWaitMs: 60_000,
    });
    const close = racer.closer('racer', () => shut('the expiration'));
    await racer.start();
    const work: Promise<unknown>[] = [];
    for (let i = 0; i < 100; i += 1) {
      work.push(
        racer.update('one', async () => {
          isOpen = true;
          return { expiresAt: Date.now(), close };
        }),
        racer.close('one', async () => shut('the caller')),
      );
    }
    await Promise.all(work);
    await eventually('what was left open has expired', () => !isOpen);
    await racer.stop();
    expect(problems).toEqual([]);
  });

  it('all close, each once, while one of two schedulers, fire services and workers is killed', async () => {
    const count = 600;
    // what the killed has under way comes again when this is over
    const creator = await opened({ closeTimeout: '3s' });
    const start = Date.now() + 8_000;
    const ids = Array.from({ length: count }, (_, i) => `kill-${i}`);
    await Promise.all(ids.map((id, i) => creator.create(id, start + i * 10, session)));
    await creator.stop();
    // every third is under update and is held while its time passes
    const held = ids.filter((_, i) => i % 3 === 0);
    await Promise.all(held.map((id) => expirations.pause(id, 'u')));
    await eventually('some have closed', () => closes('kill-').length > 60);
    await Promise.all([services[0]?.kill(), services[2]?.kill(), workers[0]?.kill()]);
    await eventually(
      'the others have closed',
      () => new Set(closes('kill-').map(({ close }) => close)).size >= (count / 3) * 2,
      killedWaitMs,
    );
    const early = held.filter((id) => closes(id).some(({ close }) => close === id));
    expect(early).toEqual([]);
    await Promise.all(held.map((id) => expirations.resume(id, 'u')));
    await eventually('all have closed', async () => {
      const rows = await cluster.events(`type = 'EventClosed' and record_key like 'expiry/kill-%'`);
      return rows.length === count;
    });
    const closed = await cluster.events(`type = 'EventClosed' and record_key like 'expiry/kill-%'`);
    expect(closed).toHaveLength(count);
    expect(new Set(closes('kill-').map(({ close }) => close)).size).toBe(count);
    // a close that was under way in the killed worker is made again, as the next attempt; no attempt is made twice
    const attempts = closes('kill-').map(({ close, attempt }) => `${close}/${attempt}`);
    expect(new Set(attempts).size).toBe(attempts.length);
    expect((await cluster.verify()).findings).toEqual([]);
  });

  it('are all there after everything has stopped: the due ones close once, the paused ones stay paused', async () => {
    // everything has stopped before this
    const soon = Date.now() + 6_000;
    await Promise.all(
      ['rest-due', 'rest-paused', 'rest-later'].map((id) =>
        expirations.create(id, id === 'rest-later' ? soon + 3_600_000 : soon, session),
      ),
    );
    await expirations.pause('rest-paused', 'u');
    await expirations.stop();
    await Promise.all([...services, ...workers].map((process) => process.kill()));
    await eventually('the time has passed', () => Date.now() > soon);
    await startServices();
    await startWorker();
    expirations = await opened();
    await eventually('the due one is closed', () => closes('rest-due').length > 0);
    expect(await expirations.resume('rest-paused', 'u')).toBe(true);
    await eventually('the paused one is closed', () => closes('rest-paused').length > 0);
    expect(
      closes('rest-')
        .map(({ close, attempt }) => `${close} ${attempt}`)
        .sort(),
    ).toEqual(['rest-due 1', 'rest-paused 1']);
    expect(await expirations.delete('rest-later')).toBe(true);
  });
});

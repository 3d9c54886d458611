import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cluster as Members, waitForInterval } from '#cluster';
import { Job } from '../../libs/cluster/src/jobs/job.js';
import { Cluster } from '../harness/cluster.js';
import { MachineStalls } from '../harness/machine-stalls.js';
import { TestProcess } from '../harness/process.js';
import { eventually } from '../harness/wait.js';

interface Trace {
  readonly who: string;
  readonly what: string;
  readonly key: string;
  readonly token: number | null;
  readonly ms: number;
}
/** Kafka's session of 6 s is longer than the ack timeout of 2 s; the rest is a rebalance on a busy machine. */
const takeOverMs = 10_000;
/** From the run of a once-job until its answer is applied and its record is done with, on a busy machine: before, who comes next reads it again. */
const unansweredMs = 2_000;
const quiet = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

describe('two replicas of a service', () => {
  let cluster: Cluster;
  let stalls: MachineStalls;
  const members: TestProcess[] = [];
  const services: TestProcess[] = [];
  beforeAll(async () => {
    cluster = await Cluster.open();
    stalls = await MachineStalls.watch();
    services.push(...(await Promise.all([cluster.start('scheduler'), cluster.start('fire')])));
    await cluster.pool.query(
      `create table trace (id bigserial, at timestamptz default clock_timestamp(), who text, what text, key text, token int);
       create table resource (token int, who text); insert into resource values (0, null)`,
    );
  });
  afterAll(async () => {
    stalls?.stop();
    await Promise.all(members.map((member) => member.kill()));
    await cluster.close();
  });

  async function member(name: string, tasks: string, env: Readonly<Record<string, string>> = {}) {
    const process = TestProcess.start(name, 'test/harness/cluster-member.js', {
      KAFKA_BROKERS: cluster.brokers,
      TRACE_URL: cluster.databaseUrl,
      TOPIC_PREFIX: cluster.prefix,
      MEMBER: name,
      MEMBER_TASKS: tasks,
      ...env,
    });
    members.push(process);
    await eventually(`${name} is up`, () => {
      if (process.hasExited) throw new Error(process.lines.join('\n'));
      return process.has('member is up');
    });
    return process;
  }
  async function trace(where: string): Promise<Trace[]> {
    const { rows } = await cluster.pool.query<Trace>(
      `select who, what, key, token, (extract(epoch from at) * 1000)::float8 as ms from trace where ${where} order by id`,
    );
    return rows;
  }
  const last = async (where: string) => (await trace(where)).at(-1);
  const fromNow = async (where: string, what: string, withinMs: number) => {
    const { length } = await trace(where);
    await eventually(what, async () => (await trace(where)).length > length, withinMs);
  };

  it('run a job one at a time, go on when one is killed in a run, and when one freezes in it and wakes', async () => {
    const [a, b] = await Promise.all([member('job-a', 'job'), member('job-b', 'job')]);
    await eventually('it runs', async () => (await trace(`key = 'tick' and what = 'end'`)).length >= 4);

    const running = async () => {
      for (;;) {
        const seen = await last(`key = 'tick'`);
        if (seen?.what === 'start') return seen.who;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    const [victim, survivor] = (await running()) === 'job-a' ? [a, b] : [b, a];
    await victim.kill();
    const killedAt = Date.now();
    await fromNow(`key = 'tick' and what = 'end'`, 'the other one takes over', 20_000);
    const taken = (await trace(`key = 'tick' and what = 'start'`)).find(({ ms }) => ms > killedAt);
    expect((taken?.ms ?? 0) - killedAt).toBeLessThan(takeOverMs);

    const c = await member('job-c', 'job');
    // whose partition it is by now is the group's affair
    await fromNow(`key = 'tick' and what = 'start'`, 'it runs again', 20_000);
    const [frozen, other] = (await running()) === 'job-c' ? [c, survivor] : [survivor, c];
    frozen.signal('SIGSTOP');
    await fromNow(`key = 'tick' and what = 'end' and who = '${other.name}'`, 'the other takes over', 30_000);
    frozen.signal('SIGCONT');
    await fromNow(`key = 'tick' and what = 'end'`, 'it goes on', 20_000);
    await c.stop();
    await survivor.stop();

    // each attempt that ended was of its own event, or of a later attempt; none was closed twice
    const closes = await cluster.events(`type = 'EventClosed' and record_key like '%/job/tick'`);
    const ids = closes.map(({ data }) => data.eventId);
    expect(new Set(ids).size).toBe(ids.length);
    // two run it at a time only past an ack deadline: of the one that was killed, the one that froze, or one that got no processor
    const redelivered = await cluster.events(`type = 'EventRedelivered' and record_key like '%/job/tick'`);
    const runs = await trace(`key = 'tick'`);
    const overlaps = runs.filter(
      ({ what, who }, i) => what === 'start' && runs[i + 1] !== undefined && runs[i + 1]?.who !== who,
    );
    expect(redelivered.length).toBeGreaterThanOrEqual(2);
    expect(overlaps.length).toBeLessThanOrEqual(redelivered.length);
    const between = runs.filter(({ what }) => what === 'end').map(({ ms }) => ms);
    expect(between.length).toBeGreaterThan(6);
  });

  it('hold a mutex one at a time with rising tokens, and a holder that was killed or froze hinders nobody for long', async () => {
    const [a] = await Promise.all([member('mutex-a', 'mutex'), member('mutex-b', 'mutex')]);
    const entered = (name: string) => `key = 'mutex' and what = 'enter' and who = '${name}'`;
    await eventually('both had it', async () => {
      const names = new Set((await trace(`what = 'leave'`)).map(({ who }) => who));
      return names.size === 2;
    });

    await fromNow(entered('mutex-a'), 'a is inside', 20_000);
    await a.kill();
    const diedAt = (await last(`who = 'mutex-a'`))?.ms ?? 0;
    await fromNow(entered('mutex-b'), 'b goes on', 10_000);
    const next = (await trace(entered('mutex-b'))).find(({ ms }) => ms > diedAt);
    expect((next?.ms ?? 0) - diedAt).toBeLessThan(5_000);

    const slow = await member('mutex-c', 'mutex', { HOLD_MS: '600' });
    await fromNow(entered('mutex-c'), 'c is inside', 20_000);
    slow.signal('SIGSTOP');
    // the resource hears of the new holder by its write
    const wroteB = `key = 'mutex' and what = 'wrote' and who = 'mutex-b'`;
    await fromNow(wroteB, 'b takes over from the frozen one', 10_000);
    slow.signal('SIGCONT');
    await eventually('the frozen one hears of it', async () => {
      const seen = await trace(`who = 'mutex-c' and what in ('lost', 'lost unheard')`);
      return seen.length >= 1;
    });
    // it was sure that it held the lock when it wrote, and the resource knew better
    const frozen = (await trace(`who = 'mutex-c' and what = 'refused'`))[0];
    expect(frozen).toBeDefined();

    const all = await trace(`key = 'mutex'`);
    const tokens = all.filter(({ what }) => what === 'enter').map(({ token }) => token ?? 0);
    expect(tokens).toEqual(tokens.toSorted((x, y) => x - y));
    expect(new Set(tokens).size).toBe(tokens.length);
    const wrote = all.filter(({ what }) => what === 'wrote').map(({ token }) => token ?? 0);
    expect(wrote).toEqual(wrote.toSorted((x, y) => x - y));
    // who was refused had stood still for longer than its lease: nobody was given the lock while another had it
    const leases = await cluster.events(`type like 'Lease%' and record_key like '%/mutex/m'`);
    const early = leases.filter(({ type, data }, i) => {
      const before = leases[i - 1];
      if (type !== 'LeaseAcquired' || before === undefined || before.type === 'LeaseReleased') return false;
      return Date.parse(String(before.data.until)) > Date.parse(String(data.at));
    });
    expect(leases.length).toBeGreaterThan(tokens.length);
    expect(early).toEqual([]);
    const refused = all.filter(({ what }) => what === 'refused');
    await eventually('whoever was refused hears that it had lost the lock', async () => {
      const lost = await trace(`what in ('lost', 'lost unheard')`);
      return refused.every(({ token }) => lost.some((each) => each.token === token));
    });
    await Promise.all(members.filter(({ name }) => name.startsWith('mutex')).map((each) => each.kill()));
  });

  it('run each once-job once, whoever asked for it and whoever dies', async () => {
    const a = await member('once-a', 'once');
    const scheduling = new Members({
      kafka: cluster.kafka,
      topicPrefix: cluster.prefix,
      partitions: 4,
      // what the killed one has claimed comes again when this is over: who schedules a job says it
      once: { ackTimeout: '2s', retry: { min: '100ms', max: '500ms' } },
    });
    await scheduling.connect();
    const mayEnd = Promise.withResolvers<void>();
    scheduling.jobOnce.setCallback(async (key, props) => {
      if (key === 'held' && props === 1) await mayEnd.promise;
      await cluster.pool.query(`insert into trace (who, what, key, token) values ('spec', 'ran', $1, $2)`, [
        key,
        props,
      ]);
    });
    await scheduling.jobOnce.start();
    const from = Date.now();
    const keys = Array.from({ length: 40 }, (_, i) => `once-${i}`);
    await Promise.all(
      keys.map((key, i) => scheduling.jobOnce.scheduleOnce(key, new Date(from + 500 + i * 100), i)),
    );
    await expect(scheduling.jobOnce.scheduleOnce('once-39', new Date(), 0)).rejects.toThrow(
      'scheduled already',
    );
    await eventually('some ran', async () => (await trace(`what = 'ran' and key like 'once-%'`)).length > 5);
    const killedAt = Date.now();
    await a.kill();
    await eventually('all of them ran', async () => {
      const ran = new Set((await trace(`what = 'ran' and key like 'once-%'`)).map(({ key }) => key));
      return ran.size === 40;
    });
    const runs = await trace(`what = 'ran' and key like 'once-%'`);
    const dueMs = ({ key }: Trace): number => from + 500 + Number(key.slice('once-'.length)) * 100;
    expect(Math.max(...runs.map((run) => run.ms - dueMs(run)))).toBeLessThan(takeOverMs);
    // what ran in the very moment of the kill, and was not answered, runs again, and nothing else
    const atKillMs = unansweredMs + (await stalls.longestMs(from, killedAt));
    for (const [key, [first, ...again]] of Map.groupBy(runs, (run) => run.key))
      if (again.length > 0) {
        expect([key, first?.who]).toEqual([key, 'once-a']);
        expect(killedAt - (first?.ms ?? 0)).toBeLessThan(atKillMs);
      }
    expect(await scheduling.jobOnce.cancel('once-39')).toBe(false);

    // the key of a run that ends while no fire service is there to take away what it left
    await scheduling.jobOnce.scheduleOnce('held', new Date(), 1);
    const held = (type: string) => cluster.events(`type = '${type}' and record_key = 'default/once/held'`);
    await eventually('it is claimed', async () => (await held('EventClaimed')).length === 1);
    await services[1]?.stop();
    mayEnd.resolve();
    await eventually('it has ended', async () => (await held('EventClosed')).length === 1);
    await scheduling.jobOnce.scheduleOnce('held', new Date(), 2);
    services[1] = await cluster.start('fire');
    await eventually('it ran again', async () => (await trace(`what = 'ran' and key = 'held'`)).length === 2);

    // members of one group: b takes part, and the spec steps back
    await scheduling.jobOnce.stop();
    const b = await member('once-b', 'once');
    const asking = await cluster.client();
    for (const key of ['again', 'cancels']) {
      const props = { schedPolicyType: 'ONCE', schedPolicyExpr: '100ms', summaryData: '1', keepFor: '1ms' };
      await asking.createTimer({ key: `once/${key}`, hookClass: 'once.default', ...props });
    }
    await eventually(
      'again ran twice',
      async () => (await trace(`what = 'ran' and key = 'again'`)).length === 2,
    );
    expect((await trace(`what = 'ran' and key = 'again'`)).map(({ token }) => token)).toEqual([1, 2]);
    await eventually(
      'cancelled inside',
      async () => (await trace(`what = 'true' and key = 'cancels'`)).length === 1,
    );
    await b.stop();
    await scheduling.close();
    expect((await trace(`what = 'ran' and key = 'cancels'`)).length).toBe(1);
  });

  it('go on with all of it when one of two schedulers and one of two fire services is killed', async () => {
    await Promise.all([cluster.start('scheduler'), cluster.start('fire')]);
    await Promise.all([member('all-a', 'job,mutex,once'), member('all-b', 'job,mutex,once')]);
    const asking = await cluster.client();
    const keys = Array.from({ length: 30 }, (_, i) => `kept-${i}`);
    const from = Date.now() + 500;
    await asking.createTimers(
      keys.map((key, i) => ({
        key: `once/${key}`,
        hookClass: 'once.default',
        schedPolicyType: 'ONCE',
        schedPolicyExpr: new Date(from + i * 100).toISOString(),
        summaryData: String(i),
        ackTimeout: '2s',
      })),
    );
    const ranOnce = async () => (await trace(`what = 'ran' and key like 'kept-%'`)).map(({ key }) => key);
    await eventually('some ran', async () => (await ranOnce()).length > 5);
    const before = (await trace('true')).length;
    await Promise.all(services.map((service) => service.kill()));
    await eventually('all of them ran', async () => new Set(await ranOnce()).size === 30);
    for (const what of ['end', 'leave'])
      await eventually(`${what} goes on`, async () => {
        const seen = await trace('true');
        return seen.slice(before).filter((each) => each.what === what).length >= 5;
      });
    const tokens = (await trace(`what = 'enter'`)).map(({ token }) => token ?? 0);
    expect(tokens).toEqual([...new Set(tokens)].toSorted((x, y) => x - y));
    const closes = await cluster.events(`type = 'EventClosed'`);
    expect(new Set(closes.map(({ data }) => data.eventId)).size).toBe(closes.length);
    await Promise.all(members.filter(({ name }) => name.startsWith('all-')).map((each) => each.stop()));
    expect((await cluster.verify()).findings).toEqual([]);
  });

  it('a thousand registrations at the same moment make one timer and one first run', async () => {
    const client = await cluster.client();
    const real = new Members({ kafka: cluster.kafka, topicPrefix: cluster.prefix, partitions: 4 });
    await real.connect();
    let runs = 0;
    const callback = (): void => {
      runs += 1;
    };
    const given = { key: 'thousand', wait: waitForInterval('1h'), callback };
    const listening = await real.schedule(given.key, given.wait, callback);
    const deps = { timers: client, log: quiet, startWorker: async () => ({ stop: async () => undefined }) };
    await Promise.all(Array.from({ length: 1_000 }, () => Job.start(deps, given, {}, () => undefined)));
    const facts = (type: string) => cluster.events(`type = '${type}' and record_key like '%job/thousand'`);
    // the next run is an hour away from this
    await eventually('its first run is closed', async () => (await facts('EventClosed')).length > 0);
    expect(runs).toBe(1);
    expect(await facts('EventTriggered')).toHaveLength(1);
    expect(await facts('EventRedelivered')).toEqual([]);
    expect(await cluster.events(`type = 'TimerCreated' and record_key like '%job/thousand'`)).toHaveLength(1);
    expect(await cluster.events(`type = 'EventTriggered' and record_key like '%job/thousand'`)).toHaveLength(
      1,
    );
    await listening.close();
    await real.close();
    expect((await cluster.verify()).findings).toEqual([]);
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cluster, partitions } from '../harness/cluster.js';
import { eventually } from '../harness/wait.js';

let cluster: Cluster;
let env: Record<string, string>;

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into it as it likes
  readonly json: any;
}

async function carillon(
  words: readonly string[],
  input = '',
  more: Record<string, string> = {},
): Promise<Ran> {
  const child = spawn(process.execPath, ['dist/apps/cli/src/main.js', ...words], {
    env: { ...process.env, ...env, ...more },
  });
  child.stdin.end(input);
  const [[code], out, err] = await Promise.all([
    once(child, 'close'),
    text(child.stdout),
    text(child.stderr),
  ]);
  const isJson = words.includes('--json') && out !== '' && !words.includes('watch');
  return { code: code as number | null, out, err, json: isJson ? JSON.parse(out) : null };
}

beforeAll(async () => {
  cluster = await Cluster.open();
  env = {
    KAFKA_BROKERS: cluster.brokers,
    DATABASE_URL: cluster.databaseUrl,
    TOPIC_PREFIX: cluster.prefix,
    PARTITIONS: String(partitions),
    SCHEDULER_GROUP_ID: `${cluster.prefix}-scheduler`,
    FIRE_GROUP_ID: `${cluster.prefix}-fire`,
  };
  // before a roll-out, and again: nothing more to do
  for (const time of ['first', 'again'])
    expect([time, (await carillon(['migrate'])).out]).toEqual([
      time,
      `the schema is this version's, for a log of ${partitions} partitions\n`,
    ]);
  await cluster.start('scheduler');
  await cluster.start('fire');
  env.CARILLON_URL = (await cluster.api()).url;
});
afterAll(() => cluster.close());

const far = ['--interval', '1h', '--start-at', '2100-01-01T00:00:00Z'];

describe('carillon timers', () => {
  it('creates, shows, changes, pauses, resumes and deletes a timer', async () => {
    const made = await carillon([
      'timers',
      'create',
      'report',
      ...far,
      '--hook-class',
      'billing',
      '--actor',
      'ada',
    ]);
    expect([made.code, made.out]).toEqual([
      0,
      'default/report created: waiting, next fire 2100-01-01T00:00:00.000Z (version 1)\n',
    ]);
    expect((await carillon(['timers', 'list', '--key-prefix', 'rep'])).out).toMatch(
      /^NAMESPACE +KEY +STATUS.*\ndefault +report +waiting +2100-01-01T00:00:00.000Z +INTERVAL 1h/,
    );
    const updated = await carillon([
      'timers',
      'update',
      'report',
      '--tag',
      'a',
      '--if-version',
      '1',
      '--json',
    ]);
    expect(updated.json).toMatchObject({ tags: ['a'], version: 2 });
    expect((await carillon(['timers', 'pause', 'report', '--json'])).json).toMatchObject({
      status: 'paused',
    });
    expect((await carillon(['timers', 'resume', 'report', '--json'])).json).toMatchObject({
      status: 'waiting',
    });
    expect((await carillon(['timers', 'get', 'report', '--as-of', '1', '--json'])).json.tags).toEqual([]);
    expect((await carillon(['timers', 'next', 'report', '--count', '2', '--json'])).json.fires).toHaveLength(
      2,
    );
    const history = await carillon(['timers', 'history', 'report']);
    expect(history.out).toMatch(/1 +\S+Z +TimerCreated +ada/);
    expect((await carillon(['timers', 'delete', 'report', '--json'])).json).toEqual({ deleted: true });
    expect((await carillon(['timers', 'delete', 'report'])).out).toContain('nothing to delete');
  });

  it('triggers, closes and tells why', async () => {
    await carillon(['timers', 'create', 'now', ...far, '--hook-class', 'billing']);
    expect((await carillon(['timers', 'close', 'now'])).code).toBe(1);
    expect((await carillon(['timers', 'trigger', 'now'])).code).toBe(0);
    await eventually(
      'its event',
      async () => (await carillon(['timers', 'get', 'now', '--json'])).json.status === 'open',
    );
    expect((await carillon(['timers', 'close', 'now', '--result', 'paid', '--json'])).json).toMatchObject({
      status: 'waiting',
    });
    expect((await carillon(['timers', 'why', 'now'])).out).toContain('fired');
  });

  it('watches until it has seen enough', async () => {
    const watching = carillon(['timers', 'watch', '--key-prefix', 'seen', '--count', '1', '--json']);
    const made = async (n: number) => carillon(['timers', 'create', `seen-${n}`, ...far]);
    let n = 0;
    let isDone = false;
    void watching.finally(() => {
      isDone = true;
    });
    // it may take a while until it listens
    while (!isDone) {
      n += 1;
      await made(n);
    }
    const { code, out } = await watching;
    expect([code, JSON.parse(out)]).toEqual([0, expect.objectContaining({ type: 'TimerCreated' })]);
  });

  it('says what is wrong and what to do, each with its exit code', async () => {
    const absent = await carillon(['timers', 'pause', 'nobody']);
    expect([absent.code, absent.out]).toEqual([1, '']);
    expect(absent.err).toMatch(/^error \[timer-not-exist\].*\n {2}`carillon timers list/);
    const wrong = await carillon(['timers', 'create', 'x', '--cron', '61 * * * *']);
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('(schedPolicyExpr)')]);
    expect((await carillon(['timers', 'create', 'x'])).code).toBe(2);
    expect((await carillon(['timers', 'lost'])).code).toBe(2);
    expect((await carillon(['timers', 'list', '--limit', '0'])).code).toBe(2);
    const away = await carillon(['timers', 'list'], '', { CARILLON_URL: 'http://127.0.0.1:1' });
    expect([away.code, away.err]).toEqual([3, expect.stringContaining('doctor')]);
    expect((await carillon(['dead', 'list'], '', { DATABASE_URL: 'postgresql://127.0.0.1:1/x' })).code).toBe(
      3,
    );
    const other = await carillon(['migrate'], '', { PARTITIONS: '16' });
    expect([other.code, other.err]).toEqual([1, expect.stringContaining(`set PARTITIONS=${partitions}`)]);
  });
});

describe('carillon dead', () => {
  it('lists what was given up with its error, and opens it again', async () => {
    const retry = '{"maxAttempts":1,"min":"10ms","max":"10ms"}';
    await carillon([
      ...['timers', 'create', 'doomed', '--once', '10ms', '--hook-class', 'nobody-listens'],
      ...['--set', 'ackTimeout=100ms', `retry=${retry}`],
    ]);
    const dead = await eventually('it is given up', async () => {
      const { json } = await carillon(['dead', 'list', '--json']);
      return json.length > 0 ? json : null;
    });
    expect(dead).toEqual([
      expect.objectContaining({ key: 'doomed', attempts: 1, hookClass: 'nobody-listens' }),
    ]);
    expect((await carillon(['dead', 'list'])).out).toMatch(/default +doomed +nobody-listens/);
    expect((await carillon(['dead', 'redrive'])).code).toBe(2);
    expect((await carillon(['dead', 'redrive', 'nobody'])).code).toBe(1);
    const redriven = await carillon(['dead', 'redrive', '--all']);
    expect([redriven.code, redriven.out]).toEqual([0, '1 opened again, 0 refused\n']);
    const history = await carillon(['timers', 'history', 'doomed']);
    expect(history.out).toContain('EventRedriven');
  });
});

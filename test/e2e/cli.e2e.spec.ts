import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KafkaAdmin } from '#kafka';
import { TaskService } from '#tasks';
import { Cluster, partitions } from '../harness/cluster.js';
import { TestProcess } from '../harness/process.js';
import { eventually } from '../harness/wait.js';

/** What the quota of this installation leaves a bench. */
const benchTimersMax = 40;

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
  const QUOTAS = JSON.stringify({ 'carillon-bench': { timers: benchTimersMax } });
  await Promise.all([cluster.start('scheduler', { QUOTAS }), cluster.start('fire')]);
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
    expect((await carillon(['verify'], '', { DATABASE_URL: 'postgresql://127.0.0.1:1/x' })).code).toBe(3);
    const odd = await carillon(['migrate'], '', { PARTITIONS: '6' });
    expect([odd.code, odd.err]).toEqual([2, expect.stringContaining('PARTITIONS: a power of two')]);
    const other = await carillon(['migrate'], '', { PARTITIONS: '16' });
    expect([other.code, other.out, other.err]).toEqual([
      0,
      expect.stringContaining(`a log of ${partitions} partitions`),
      expect.stringContaining('carillon partitions expand'),
    ]);
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

describe('carillon apply', () => {
  const file = (expr: string, more = ''): string => `owner: spec
namespace: declared
timers:
  - key: kept
    schedPolicyType: CRON
    schedPolicyExpr: "${expr}"
    timeZone: Europe/Paris
    hookClass: billing
${more}`;
  const extra = '  - { key: dropped, schedPolicyType: ONCE, schedPolicyExpr: "2100-01-01T00:00:00Z" }\n';
  const apply = (text: string, ...words: string[]) => carillon(['apply', '-f', '-', ...words], text);

  it('plans, applies, finds nothing to do, updates and prunes', async () => {
    const text = file('0 9 * * *', extra);
    const plan = await apply(text, '--plan');
    expect([plan.code, plan.out]).toEqual([
      4,
      expect.stringContaining('2 to create, 0 to update, 0 to delete, 0 as they should be'),
    ]);
    expect((await apply(text)).code).toBe(2);
    expect((await apply(text, '--yes')).out).toContain('2 applied, 0 refused');
    expect([(await apply(text, '--plan')).code, (await apply(text, '--yes')).code]).toEqual([0, 0]);
    const changed = await apply(file('0 10 * * *'), '--prune', '--yes');
    expect(changed.out).toMatch(
      /schedPolicyExpr: "0 9 \* \* \*" → "0 10 \* \* \*"[\s\S]*- declared\/dropped[\s\S]*2 applied/,
    );
    expect((await carillon(['timers', 'list', '-n', 'declared', '--json'])).json).toEqual([
      expect.objectContaining({ key: 'kept', schedPolicyExpr: '0 10 * * *' }),
    ]);
    const out = await carillon(['export', '-n', 'declared', '--owner', 'spec']);
    expect((await apply(out.out, '--plan', '--prune')).code).toBe(0);
    const theirs = await apply(file('0 10 * * *').replace('owner: spec', 'owner: other'), '--yes');
    expect([theirs.code, theirs.out]).toEqual([1, expect.stringContaining('belongs to the file of spec')]);
    const fixed = await apply(file('0 10 * * *', extra).replace('billing', 'invoicing'), '--yes');
    expect([fixed.code, fixed.out]).toEqual([
      1,
      expect.stringContaining('1 applied, 0 refused, 1 left as they are'),
    ]);
    expect((await apply('timers: [{ key: x }]')).code).toBe(2);
  });

  it('takes what an import wrote', async () => {
    const imported = await carillon([
      'import',
      'crontab',
      '--system',
      'apps/cli/src/import/fixtures/debian-e2scrub_all',
    ]);
    expect(imported.code).toBe(0);
    expect((await apply(imported.out, '--yes')).out).toContain('2 applied, 0 refused');
    await cluster.pool.query(
      `create schema boss; create table boss.schedule (name text, key text, cron text, timezone text, data jsonb, options jsonb);
       insert into boss.schedule values ('mail', '', '0 9 * * *', 'Europe/Paris', '{"to":"ada"}', '{"retryLimit":2}')`,
    );
    const words = ['import', 'pg-boss', '--database', cluster.databaseUrl, '--schema', 'boss'];
    expect((await carillon(words)).out).toMatch(/key: mail[\s\S]*hookClass: mail[\s\S]*maxAttempts: 3/);
    const partly = await carillon(['import', 'k8s-cronjobs', 'apps/cli/src/import/fixtures/cronjobs.yaml']);
    expect([partly.code, partly.err]).toEqual([1, expect.stringContaining('left out: latest-wins')]);
  });
});

describe('carillon doctor', () => {
  it('finds a whole Carillon well, and says where each partition stands', async () => {
    const { json } = await eventually('the groups are dealt', async () => {
      const ran = await carillon(['doctor', '--json']);
      return ran.code === 0 ? ran : null;
    });
    expect(json.map(({ what }: { what: string }) => what)).toEqual(
      expect.arrayContaining([
        'Postgres',
        'clock of Postgres',
        'vacuum of Postgres',
        'schema',
        'Kafka',
        'commands',
        'the API',
      ]),
    );
    const stands = await carillon(['partitions', '--json']);
    expect(stands.json).toHaveLength(partitions);
    for (const owner of ['scheduler', 'fire'])
      expect(stands.json.map((stand: Record<string, unknown>) => stand[owner])).not.toContain(undefined);
    expect(
      stands.json.reduce((sum: number, { events }: { events: number }) => sum + events, 0),
    ).toBeGreaterThan(5);
  });
  it('names what is away, and what to do, and looks at the rest all the same', async () => {
    const away = { KAFKA_BROKERS: '127.0.0.1:1', CARILLON_URL: 'http://127.0.0.1:1' };
    const { code, out } = await carillon(['doctor'], '', away);
    expect(code).toBe(1);
    expect(out).toMatch(/ok {7}Postgres[\s\S]*bad {6}Kafka: .*\n +is it up, and is KAFKA_BROKERS right\?/);
  });
  it('tells a scheduler that is not there from a prefix that is wrong', async () => {
    const more = { TOPIC_PREFIX: 'elsewhere', SCHEDULER_GROUP_ID: 'nobody' };
    expect((await carillon(['doctor'], '', more)).out).toMatch(
      /topic elsewhere.commands: is not there[\s\S]*processes of scheduler: are not there/,
    );
  });
});

describe('carillon bench', () => {
  const bench = (timers: number) => carillon(['bench', '--timers', String(timers), '--rate', '40', '--json']);
  const left = async () => (await carillon(['timers', 'list', '-n', 'carillon-bench', '--json'])).json;

  it('measures a small load, and leaves nothing behind', async () => {
    const { code, json } = await bench(benchTimersMax);
    expect([code, json.asked, json.closed]).toEqual([0, benchTimersMax, benchTimersMax]);
    expect(json.lateness.p50).toBeLessThanOrEqual(json.lateness.p99);
    expect(json.closeTime.p99).toBeLessThanOrEqual(json.closeTime.max);
    expect(await left()).toEqual([]);
    const topics = await new KafkaAdmin(cluster.kafka).partitionCounts([cluster.topics.due(json.hookClass)]);
    expect([...topics.values()]).toEqual([null]);
  });
  it('ends where it fails, and leaves nothing behind', async () => {
    const { code, err } = await bench(benchTimersMax + 1);
    expect([code, err]).toEqual([1, expect.stringContaining('quota-exceeded')]);
    expect(await left()).toEqual([]);
  });
  it('leaves nothing behind where nobody reads its figures', async () => {
    const child = spawn(process.execPath, ['dist/apps/cli/src/main.js', 'bench', '--timers', '4'], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child.stdout.destroy();
    await once(child, 'close');
    expect(await left()).toEqual([]);
  });
});

describe('carillon tasks', () => {
  it('lists, shows, completes and cancels tasks, and lists those of cron', async () => {
    const tasks = new TaskService(await cluster.client({ api: { url: env.CARILLON_URL ?? '' } }));
    const options = { labels: { gpu: 'a100' } };
    for (const id of ['scan-1', 'scan-2', 'scan-3'])
      await tasks.create({ id, executor: 'scan', ...(id === 'scan-3' && { options }) });
    await tasks.create({ id: 'mail-1', executor: 'mail', options: { delay: '1h' } });
    await tasks.createCronTask({ id: 'tidy', executor: 'scan', cron: '0 0 1 1 *' });
    const list = await carillon(['tasks', 'list', '--executor', 'scan', '--json']);
    expect(list.json.map(({ id }: { id: string }) => id)).toEqual(['scan-1', 'scan-2', 'scan-3']);
    expect((await carillon(['tasks', 'list', '--label', 'gpu=A100'])).out).toMatch(
      /^ID .*\nscan-3 +scan .*\n$/,
    );
    const open = async () =>
      (await carillon(['tasks', 'get', 'scan-1', '--json'])).json.eventId !== undefined;
    await eventually('its time has come', open);
    const done = await carillon(['tasks', 'complete', 'scan-1', '--failed', 'no scanner', '--actor', 'ada']);
    expect(done.out).toMatch(/^scan-1 completed: completed/);
    expect((await carillon(['tasks', 'list', '--status', 'completed'])).out).toContain('failed: no scanner');
    expect((await carillon(['tasks', 'cancel', 'mail-1', '--json'])).json.status).toBe('canceled');
    expect((await carillon(['tasks', 'cron'])).out).toMatch(/tidy +scan +0 0 1 1 \* .*0 +0/);
    const again = await carillon(['tasks', 'complete', 'scan-1']);
    expect([again.code, again.err]).toEqual([1, expect.stringContaining('`carillon tasks get`')]);
    expect((await carillon(['tasks', 'get', 'nobody'])).code).toBe(1);
    expect((await carillon(['tasks', 'list', '--status', 'open'])).code).toBe(2);
  });
});

describe('an api in production', () => {
  it('does not start open', async () => {
    const open = TestProcess.start('api', 'apps/api/src/main.js', {
      ...env,
      HTTP_PORT: '0',
      CARILLON_ENV: 'production',
    });
    await open.exited;
    expect(open.lines.join('\n')).toMatch(
      /AUTH: .*AUTH=keys .*carillon keys create.*CARILLON_ENV=development/,
    );
    expect(open.has('api is up')).toBe(false);
  });

  it('lets keys in for what they may, under their name, until they are revoked', async () => {
    const { url, process } = await cluster.api({ CARILLON_ENV: 'production', AUTH: 'keys' });
    const made = await carillon([
      'keys',
      'create',
      'ci',
      '--grant',
      'default:operator',
      '--actor',
      'ada',
      '--json',
    ]);
    const { key, id } = made.json as { key: string; id: string };
    const as = (token: string) => ({ CARILLON_URL: url, CARILLON_TOKEN: token });
    const refused = await carillon(['timers', 'list'], '', as(''));
    expect([refused.code, refused.err]).toEqual([
      1,
      expect.stringMatching(/\[unauthenticated\][\s\S]*CARILLON_TOKEN/),
    ]);
    const list = await carillon(['timers', 'list', '--json'], '', as(key));
    expect([list.code, list.json]).toEqual([0, expect.any(Array)]);

    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const post = (path: string, body: object) =>
      fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    const timer = { schedPolicyType: 'ONCE', schedPolicyExpr: '2100-01-01T00:00:00Z' };
    expect((await post('/v1/timers', { key: 'by-key', ...timer })).status).toBe(201);
    expect((await post('/v1/timers', { namespace: 'other', key: 'by-key', ...timer })).status).toBe(403);
    const history = await carillon(['timers', 'history', 'by-key', '--json'], '', as(key));
    expect(history.out).toContain('"actor":"key:ci"');

    await carillon(['keys', 'revoke', id, '--actor', 'bob']);
    await eventually(
      'the key is refused',
      async () => (await carillon(['timers', 'list'], '', as(key))).code === 1,
    );
    const { out } = await carillon(['keys', 'list', '--json']);
    expect(JSON.parse(out)).toMatchObject([
      { id, name: 'ci', createdBy: 'ada', revokedBy: 'bob', lastUsedAt: expect.any(String) },
    ]);
    const secret = key.slice(-43);
    expect(out).not.toContain(secret);
    expect(process.has(secret)).toBe(false);
  });

  it('makes no key that nobody can use, or twice under one name', async () => {
    const create = async (name: string, ...words: string[]) => {
      const { code, err } = await carillon(['keys', 'create', name, ...words]);
      return [code, err];
    };
    expect(await create('a', '--grant', 'default:root')).toEqual([
      2,
      expect.stringContaining('<namespace>:<role>'),
    ]);
    expect(await create('a', '--grant', '*:reader', '--expires', '2020-01-01T00:00:00Z')).toEqual([
      2,
      expect.stringContaining('to come'),
    ]);
    expect((await create('twin', '--grant', '*:reader'))[0]).toBe(0);
    expect(await create('twin', '--grant', '*:reader')).toEqual([
      2,
      expect.stringContaining('choose another'),
    ]);
    expect((await carillon(['keys', 'revoke', 'nobody'])).code).toBe(2);
  });
});

it('carillon locks shows who holds what', async () => {
  const client = await cluster.client();
  const { token } = await client.acquireLease({ key: 'mutex/press' }, { holder: 'ada', ttl: '5m' });
  expect((await carillon(['locks'])).out).toMatch(new RegExp(`default +mutex/press +ada +${token} `));
  await client.releaseLease({ key: 'mutex/press' }, { holder: 'ada', token });
  expect((await carillon(['locks', '--json'])).json).toEqual([]);
});

import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// The package as its users get it: packed, unpacked into a project of its own, beside nothing but what it says it needs.

const run = promisify(execFile);
const root = process.cwd();

interface Manifest {
  readonly private?: boolean;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

const useTimers = `
import assert from 'node:assert/strict';
import { Outbox, outboxTableSql, TimerClient, TimerExistsError, nextEventTime, validateTimeZone } from 'carillon/client';
import { Cluster, type Lock, waitForInterval } from 'carillon/cluster';
import { DelayQueue, type DelayedEvent, InMemoryDelays, ok } from 'carillon/delays';
import { Expirations, openExpirations } from 'carillon/expiry';
import { type DueEvent, HookWorker } from 'carillon/hooks';
import { type NewTask, TaskRunner, TaskService } from 'carillon/tasks';
import { InMemoryTimers } from 'carillon/testing';

const greeted: string[] = [];
const timers = new InMemoryTimers({
  hooks: { greet: ({ timer }: DueEvent) => ({ summaryData: String(greeted.push(timer.key)) }) },
});
const spec = { schedPolicyType: 'CRON', schedPolicyExpr: '0 9 * * *', timeZone: 'Europe/Paris', hookClass: 'greet' };
await timers.createTimer({ key: 'hello', ...spec });
await assert.rejects(timers.createTimer({ key: 'hello', ...spec }), TimerExistsError);
await timers.advance('2d');
const { summaryData } = await timers.getTimerByKey('hello');
const task: NewTask = { id: 'sun.png', executor: 'thumbnail', context: '/pictures/sun.png' };
const tasks = new TaskService(timers);
assert.deepEqual([await tasks.create(task), await tasks.create(task)], [true, false]);
assert.equal((await tasks.get('sun.png'))?.context, '/pictures/sun.png');
await timers.close();

const kafka = { brokers: ['localhost:9092'], clientId: 'scratch', log: console };
const client: TimerClient = new TimerClient({ kafka, api: { url: 'http://localhost:8080' } });
assert.equal(client.getDefaultNamespace(), 'default');
assert.equal(typeof new HookWorker({ kafka, hooks: {} }).start, 'function');
assert.equal(typeof new TaskRunner({ kafka, timers: client, runner: 'plain' }).start, 'function');
assert.match(outboxTableSql(), /carillon_outbox/);
assert.equal(typeof new Outbox().within, 'function');
const locked: Lock | null = null;
assert.deepEqual([typeof new Cluster({ kafka }).schedule, locked, waitForInterval('5m')], [
  'function',
  null,
  { kind: 'after-finish', interval: '5m' },
]);
assert.equal(openExpirations({ kafka }) instanceof Expirations, true);
const memory = new InMemoryDelays({ log: console });
const told = Promise.withResolvers<string | null>();
const remind = ({ data }: DelayedEvent) => {
  told.resolve(data);
  return ok();
};
const queue = new DelayQueue(memory, memory, { log: { ...console, info: () => undefined }, triggers: { remind } });
await queue.start();
await queue.create('remind', Date.now() + 5, '{"id": 9007199254740993}');
assert.equal(await told.promise, '{"id": 9007199254740993}');
await queue.stop();
assert.equal(validateTimeZone('Europe/Paris'), null);
assert.equal(typeof nextEventTime, 'function');
console.log(JSON.stringify({ greeted, summaryData }));
`;

const useNest = `
import { TimersModule } from 'carillon/client/nest';
import { Hook, HooksModule } from 'carillon/hooks/nest';

const kafka = { brokers: ['localhost:9092'], clientId: 'scratch', log: console };
class Hooks {
  @Hook('greet')
  greet(): void {}
}
console.log(typeof TimersModule.forRoot({ kafka }).module, typeof HooksModule.forRoot({ kafka }).module, Hooks.name);
`;

const tsconfig = {
  compilerOptions: {
    target: 'es2024',
    lib: ['es2024'],
    module: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: true,
    // the declarations of the package itself are looked at, too
    skipLibCheck: false,
    experimentalDecorators: true,
    types: ['node'],
    outDir: 'out',
  },
};

describe('the package', () => {
  mkdirSync(join(root, '.carillon'), { recursive: true });
  const project = mkdtempSync(join(root, '.carillon', 'package-'));
  const inProject = (...parts: string[]): string => join(project, ...parts);
  let manifest: Manifest;

  const link = (name: string): void => {
    const place = inProject('node_modules', name);
    mkdirSync(dirname(place), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), place);
  };
  const compile = (files: readonly string[]) => {
    writeFileSync(inProject('tsconfig.json'), JSON.stringify({ ...tsconfig, files }));
    const tsc = join(root, 'node_modules', '.bin', 'tsc');
    return run(tsc, ['-p', '.'], { cwd: project }).catch((failed: { stdout: string }) => {
      throw new Error(failed.stdout);
    });
  };
  const start = async (script: string): Promise<string> =>
    (await run(process.execPath, [inProject('out', script)], { cwd: project })).stdout;

  beforeAll(async () => {
    const packed = await run(process.execPath, ['scripts/pack-libs.mjs', project], { cwd: root });
    const home = inProject('node_modules', 'carillon');
    mkdirSync(home, { recursive: true });
    await run('tar', ['xzf', packed.stdout.trim(), '--strip-components=1', '-C', home]);
    manifest = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as Manifest;
    writeFileSync(inProject('package.json'), '{"type":"module"}');
    for (const name of Object.keys(manifest.dependencies)) link(name);
    link('@types/node');
    writeFileSync(inProject('use-timers.ts'), useTimers);
    writeFileSync(inProject('use-nest.ts'), useNest);
  }, 60_000);
  afterAll(() => rmSync(project, { recursive: true, force: true }));

  it('needs few packages, and Nest only of those who use Nest', () => {
    expect(Object.keys(manifest.dependencies).sort()).toEqual([
      '@node-rs/crc32',
      '@opentelemetry/api',
      'kafkajs',
      'p-map',
      'temporal-polyfill',
      'zod',
    ]);
    expect(Object.keys(manifest.peerDependencies)).toEqual(['@nestjs/common', '@nestjs/core']);
    expect(manifest).not.toHaveProperty('private');
    expect(Object.keys(manifest.exports)).toEqual([
      './client',
      './client/nest',
      './cluster',
      './delays',
      './expiry',
      './hooks',
      './hooks/nest',
      './tasks',
      './testing',
    ]);
  });

  it('gives types and runs, with nothing of Nest there', { timeout: 60_000 }, async () => {
    await compile(['use-timers.ts']);
    expect(JSON.parse(await start('use-timers.js'))).toEqual({
      greeted: ['hello', 'hello'],
      summaryData: '2',
    });
  });

  it('has its modules for Nest beside', { timeout: 60_000 }, async () => {
    for (const name of [...Object.keys(manifest.peerDependencies), 'rxjs', 'reflect-metadata']) link(name);
    await compile(['use-nest.ts']);
    expect(await start('use-nest.js')).toContain('function function Hooks');
  });

  it('has pages whose links lead somewhere within it', () => {
    const home = inProject('node_modules', 'carillon');
    const pages = ['README.md', 'docs/outbox.md', 'docs/protocol.md'];
    const linked = pages.flatMap((page) =>
      [...readFileSync(join(home, page), 'utf8').matchAll(/\]\(([^)\s#]+)[^)]*\)/g)].map(([, to = '']) =>
        join(dirname(page), to),
      ),
    );
    expect(new Set(linked)).toEqual(new Set(['docs/protocol.md', 'docs/outbox.md']));
    expect(linked.filter((page) => !existsSync(join(home, page)))).toEqual([]);
  });

  it('lets nobody in by another door', async () => {
    writeFileSync(inProject('out', 'door.js'), "import 'carillon/dist/libs/timer/src/index.js';");
    await expect(start('door.js')).rejects.toThrow('ERR_PACKAGE_PATH_NOT_EXPORTED');
  });
});

import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const libs = readdirSync('libs');
const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** For what comes in the next turn of the loop, on a machine that is held up: the default of a second is too little. */
const pollTimeoutMs = 20_000;

/** Whole processes on real servers. */
const wholes = {
  globalSetup: 'test/harness/servers.ts',
  // for a test that hangs: what waits has a bound of its own, and several of them may take long one after the other
  testTimeout: 300_000,
  hookTimeout: 180_000,
};

/** They have a bound in real time, or a load that fills both cores: nothing runs beside them. */
const timed = [
  'test/e2e/{chaos,cluster,dashboard,databases,delays,expiry,rolling-restart,scale,spawn,takeover,tasks}.e2e.spec.ts',
  'test/promises/{02,06,09}-*.spec.ts',
];

/** By itself vitest leaves one free, and that is half of two. */
const everyCore = '100%';

// Decorators are compiled as tsc compiles them; aliases point at the sources, so a spec needs no build.
const shared = {
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  resolve: {
    alias: [
      { find: '#client/nest', replacement: source('libs/client/src/nest.ts') },
      { find: '#contract/declared-fields', replacement: source('libs/contract/src/declared-fields.ts') },
      { find: '#cluster/model', replacement: source('libs/cluster/src/model/index.ts') },
      { find: '#tasks/model', replacement: source('libs/tasks/src/model/index.ts') },
      { find: '#hooks/nest', replacement: source('libs/hooks/src/nest.ts') },
      ...libs.map((lib) => ({ find: `#${lib}`, replacement: source(`libs/${lib}/src/index.ts`) })),
    ],
  },
};

export default defineConfig({
  test: {
    reporters: ['default', './test/harness/count-reporter.ts'],
    projects: [
      {
        ...shared,
        test: {
          name: 'unit',
          // one project after the other: specs that kill processes must not share two cores with the rest
          sequence: { groupOrder: 0 },
          include: ['{libs,apps,test,docs,ops}/**/*.spec.ts'],
          maxWorkers: everyCore,
          // laws over thousands of cases and a restart in simulated time, also on a machine that does much else
          testTimeout: 120_000,
          hookTimeout: 60_000,
          expect: { poll: { timeout: pollTimeoutMs } },
          exclude: [
            '**/*.contract.spec.ts',
            '**/*.e2e.spec.ts',
            'test/promises/**',
            'test/simulation/{seeds-*,mutants}.spec.ts',
            '**/node_modules/**',
            'dist/**',
          ],
        },
      },
      {
        ...shared,
        test: {
          name: 'simulation',
          sequence: { groupOrder: 1 },
          include: ['test/simulation/{seeds-*,mutants}.spec.ts'],
          maxWorkers: everyCore,
          testTimeout: 300_000,
        },
      },
      {
        ...shared,
        test: {
          name: 'contract',
          sequence: { groupOrder: 2 },
          globalSetup: 'test/harness/servers.ts',
          include: ['{libs,apps,test}/**/*.contract.spec.ts'],
          // above the bound of a wait, which says what was waited for
          testTimeout: 120_000,
          expect: { poll: { timeout: pollTimeoutMs } },
          hookTimeout: 120_000,
          // each has its own database and topics; most of their time is waiting
          maxWorkers: 2,
        },
      },
      {
        ...shared,
        test: {
          ...wholes,
          name: 'e2e',
          globalSetup: [wholes.globalSetup, 'test/begin-builds.ts'],
          sequence: { groupOrder: 3 },
          include: ['test/**/*.e2e.spec.ts', 'test/promises/**/*.spec.ts'],
          exclude: timed,
          // each has its own database, topics and processes; most of their time is waiting
          maxWorkers: 2,
        },
      },
      {
        ...shared,
        test: {
          ...wholes,
          name: 'e2e-timed',
          sequence: { groupOrder: 4 },
          include: timed,
          fileParallelism: false,
        },
      },
    ],
  },
});

import { TestProcess } from '../harness/process.js';
import { eventually } from '../harness/wait.js';

export const partitions = 4;
/** An orchestrator's patience with a process that ends at once. */
const restartDelayMs = 500;

export type App = 'scheduler' | 'fire' | 'hook';
export const apps: readonly [App, ...App[]] = ['scheduler', 'fire', 'hook'];
const scripts: Readonly<Record<App, string>> = {
  scheduler: 'apps/scheduler/src/main.js',
  fire: 'apps/fire/src/main.js',
  hook: 'test/chaos/hook-process.js',
};

/** So many processes of each app; one that ended is started anew, as an orchestrator does. */
export class Fleet {
  readonly #running: Readonly<Record<App, TestProcess[]>> = { scheduler: [], fire: [], hook: [] };
  #isOver = false;
  /** Processes that did not come up. */
  readonly problems: string[] = [];

  constructor(private readonly env: Readonly<Record<string, string>>) {}

  async start(app: App): Promise<TestProcess> {
    const process = TestProcess.start(app, scripts[app], {
      PARTITIONS: String(partitions),
      LOG_LEVEL: 'info',
      ...this.env,
    });
    this.#running[app].push(process);
    void process.exited.then(() => this.#replace(app, process));
    await eventually(
      `${app} is up`,
      () => this.#isOver || process.hasExited || process.has(`${app} is up`),
      90_000,
    );
    return process;
  }

  /** One of an app's processes; there may be none for a moment. */
  member(app: App, index: number): TestProcess | undefined {
    const running = this.#running[app];
    return running[index % Math.max(1, running.length)];
  }

  members(app: App): readonly TestProcess[] {
    return this.#running[app];
  }

  wakeAll(): void {
    for (const app of apps) for (const process of this.#running[app]) process.signal('SIGCONT');
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(apps.flatMap((app) => this.#running[app].map((process) => process.kill())));
  }

  #replace(app: App, gone: TestProcess): void {
    const running = this.#running[app];
    running.splice(running.indexOf(gone), 1);
    setTimeout(() => {
      if (!this.#isOver) this.start(app).catch((error: unknown) => this.problems.push(String(error)));
    }, restartDelayMs);
  }
}

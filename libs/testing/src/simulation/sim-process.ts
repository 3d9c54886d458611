import type { LocalClock, Sleep } from '#engine';
import type { EpochMs } from '#timer';
import type { ManualClock } from '../clock/manual-clock.js';
import type { Random } from './random.js';
import type { Trace } from './trace.js';

/** How long a call is on its way, there and back, and what may be wrong with the other side. */
export interface Link {
  latencyMs(): number;
}

export interface ProcessDeps {
  readonly clock: ManualClock;
  readonly random: Random;
  readonly trace: Trace;
}

/** The call at which something becomes of a process, counted down: before the call has left it, or when the answer is there. */
export interface Fuse {
  calls: number;
  readonly isAfter: boolean;
  /** Null: it dies. Otherwise it gets no CPU for so long, and then goes on as if nothing had been. */
  readonly stallMs: number | null;
}

/**
 * One process: code that runs as long as every await ends. It has a clock of its own, which is wrong, and it may die or
 * freeze at any await. A dead one's awaits never end; what it had sent arrives all the same.
 */
export class SimProcess {
  #mode: 'running' | 'frozen' | 'dead' = 'running';
  #parked: (() => void)[] = [];
  readonly #onDeath: (() => void)[] = [];
  readonly #onFreeze: (() => void)[] = [];
  readonly #onWake: (() => void)[] = [];
  #skewMs: number;
  readonly #bornAt: EpochMs;
  fuse: Fuse | null = null;
  /** Partitions of the topic it writes to, as it last heard; null: it has not asked yet. */
  knownWidth: number | null = null;
  /** Of commands that it put where its own partitioner says; null: where Kafka's does. */
  readonly ownPartitions = new Map<string, number | null>();

  constructor(
    readonly name: string,
    private readonly deps: ProcessDeps,
    skewMs: number,
    /** Ticks of its clock for one of the world's. */
    private readonly rate: number,
  ) {
    this.#skewMs = skewMs;
    this.#bornAt = deps.clock.now();
  }

  get isDead(): boolean {
    return this.#mode === 'dead';
  }
  get isFrozen(): boolean {
    return this.#mode === 'frozen';
  }

  readonly clock: LocalClock = () =>
    this.#bornAt + (this.deps.clock.now() - this.#bornAt) * this.rate + this.#skewMs;

  now(): EpochMs {
    return Math.floor(this.clock()) as EpochMs;
  }

  /** An administrator, or the network's time, sets its clock. */
  setClockBy(ms: number): void {
    this.#skewMs += ms;
  }

  readonly sleep: Sleep = (durationMs, signal) =>
    new Promise((resolve) => {
      if (this.isDead) return;
      if (signal?.aborted) return resolve();
      const done = () => {
        signal?.removeEventListener('abort', wake);
        this.#go(resolve);
      };
      const cancel = this.deps.clock.after(durationMs, done);
      const wake = () => {
        cancel();
        resolve();
      };
      signal?.addEventListener('abort', wake, { once: true });
    });

  /** A call of another machine: `act` runs there, in one instant, if the call arrives; the answer takes its time too. */
  call<T>(what: string, link: Link, act: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.isDead) return;
      const fuse = this.#burnt();
      if (fuse?.isAfter === false) this.#suffer(fuse);
      // what it had decided to send before it stood still leaves it when it goes on
      this.#go(() =>
        this.deps.clock.after(link.latencyMs(), () => {
          const answer = (tell: () => void) => {
            if (fuse?.isAfter === true) this.#suffer(fuse);
            this.deps.clock.after(link.latencyMs(), () => this.#go(tell));
          };
          this.note(what);
          act().then(
            (value) => answer(() => resolve(value)),
            (error: unknown) => answer(() => reject(error)),
          );
        }),
      );
    });
  }

  note(what: string): void {
    this.deps.trace.note(`${this.deps.clock.now()} ${this.name} ${what}`);
  }

  /** kill -9 */
  crash(): void {
    if (this.isDead) return;
    this.note('dies');
    this.#mode = 'dead';
    this.#parked = [];
    for (const tell of this.#onDeath) tell();
  }

  /** News that comes by itself: at once, when it wakes, or never. */
  hear(then: () => void): void {
    this.#go(then);
  }

  onDeath(tell: () => void): void {
    this.#onDeath.push(tell);
  }
  onFreeze(tell: () => void): void {
    this.#onFreeze.push(tell);
  }
  onWake(tell: () => void): void {
    this.#onWake.push(tell);
  }

  /** SIGSTOP, or a machine that gives it no CPU. */
  freeze(): void {
    if (this.#mode !== 'running') return;
    this.note('stands still');
    this.#mode = 'frozen';
    for (const tell of this.#onFreeze) tell();
  }

  /** SIGCONT: everything that came meanwhile comes now. */
  wake(): void {
    if (this.#mode !== 'frozen') return;
    this.note('goes on');
    this.#mode = 'running';
    for (const go of this.#parked.splice(0)) this.#go(go);
    for (const tell of this.#onWake) tell();
  }

  #go(then: () => void): void {
    if (this.#mode === 'running') then();
    else if (this.#mode === 'frozen') this.#parked.push(then);
  }

  #burnt(): Fuse | null {
    const { fuse } = this;
    if (fuse === null) return null;
    fuse.calls -= 1;
    if (fuse.calls > 0) return null;
    this.fuse = null;
    return fuse;
  }

  #suffer({ stallMs }: Fuse): void {
    if (stallMs === null) this.crash();
    else {
      this.freeze();
      this.deps.clock.after(stallMs, () => this.wake());
    }
  }
}

import { EventTail, type TailedEvent, TimerClient, type TimerClientOptions } from '#client';
import type { ClusterDeps } from './deps.js';
import { Job, type JobOptions } from './jobs/job.js';
import type { JobCallback } from './jobs/job-hook.js';
import type { NextWaitInterval } from './jobs/wait.js';
import { Gate } from './mutex/gate.js';
import type { HeldLease } from './mutex/held-lease.js';
import { Mutex, type MutexOptions } from './mutex/mutex.js';
import { mutexKey } from './names.js';
import { JobOnceScheduler, type OnceOptions } from './once/job-once-scheduler.js';
import { workersOf } from './workers.js';

export interface ClusterOptions extends TimerClientOptions {
  readonly once?: OnceOptions;
  /** Of due topics that are made here because no event has fired yet; default 8. */
  readonly partitions?: number;
}

/** This process as a member of a cluster: jobs that run once for all, and locks that one holds. */
export class Cluster {
  readonly jobOnce: JobOnceScheduler;
  readonly #client: TimerClient;
  readonly #tail: EventTail;
  readonly #deps: ClusterDeps;
  readonly #jobs = new Set<Job>();
  /** By record key; a gate that no mutex stands at any more goes. */
  readonly #gates = new Map<string, WeakRef<Gate>>();
  readonly #gone = new FinalizationRegistry<string>((name) => {
    if (this.#gates.get(name)?.deref() === undefined) this.#gates.delete(name);
  });
  readonly #held = new Set<HeldLease>();
  #tailing: Promise<void> | null = null;
  readonly #closing = new AbortController();

  constructor(options: ClusterOptions) {
    this.#client = new TimerClient(options);
    const { kafka, topicPrefix, once } = options;
    const prefix = topicPrefix === undefined ? {} : { topicPrefix };
    this.#tail = new EventTail({ kafka, ...prefix, onEvent: (event) => this.#hear(event) });
    this.#deps = {
      timers: this.#client,
      log: kafka.log,
      startWorker: workersOf(options, this.#closing.signal),
    };
    this.jobOnce = new JobOnceScheduler(this.#deps, once);
  }

  /** Waits for the scheduler's topics. Safe to call twice. */
  connect(): Promise<void> {
    return this.#client.connect();
  }

  /**
   * Runs the callback again and again, in one process of the cluster at a time, as often as the policy says. Every process that may
   * run it calls this. A policy that differs from what is there replaces it, against the same last run.
   * @throws InvalidKeyError, RangeError
   */
  async schedule(
    key: string,
    nextWaitInterval: NextWaitInterval,
    callback: JobCallback,
    options: JobOptions = {},
  ): Promise<Job> {
    const given = { key, wait: nextWaitInterval, callback };
    const job = await Job.start(this.#deps, given, options, (closed) => this.#jobs.delete(closed));
    this.#jobs.add(job);
    if (this.#closing.signal.aborted) {
      await job.close();
      throw this.#closing.signal.reason;
    }
    return job;
  }

  /** @throws InvalidKeyError, RangeError */
  mutex(key: string, options?: MutexOptions): Mutex {
    return new Mutex(key, this.#gate(key), (lease) => this.#hold(lease), options);
  }

  /** Resolves when waiters of this process hear of releases; until then they look four times a second. */
  async listening(): Promise<void> {
    await this.#listen();
  }

  /** Closes the jobs, those that are being scheduled too, gives back the locks, takes leave. Safe to call twice. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(new Error('the cluster is closed here'));
    await Promise.all([...[...this.#jobs].map((job) => job.close()), this.jobOnce.stop()]);
    await Promise.allSettled([...this.#held].map((lease) => lease.release()));
    await this.#tail.stop();
    await this.#client.close();
  }

  #gate(key: string): Gate {
    const name = `${this.#client.getDefaultNamespace()}/${mutexKey(key)}`;
    const known = this.#gates.get(name)?.deref();
    if (known !== undefined) return known;
    const { log, timers } = this.#deps;
    const gate = new Gate(key, { timers, log, isListening: () => this.#tail.isListening });
    this.#gates.set(name, new WeakRef(gate));
    this.#gone.register(gate, name);
    // who never locks need not listen
    this.#listen().catch((error: unknown) =>
      log.warn({ error: String(error) }, 'releases are not heard; waiters look by themselves'),
    );
    return gate;
  }

  #listen(): Promise<void> {
    this.#tailing ??= this.#tail.start();
    return this.#tailing;
  }

  #hear(event: TailedEvent): void {
    this.#gates.get(event.recordKey)?.deref()?.hear(event);
  }

  #hold(lease: HeldLease): void {
    for (const held of this.#held) if (!held.isHeld) this.#held.delete(held);
    this.#held.add(lease);
  }
}

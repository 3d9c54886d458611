import { randomUUID } from 'node:crypto';
import { AlreadyClaimedError, EventOpenError } from '#client';
import { type Close, type Closer, closeHandler } from './closer.js';
import { KeyedQueue } from './keyed-queue.js';
import { closingWaitDefaultMs, type ExpirationPolicies, isGone, Lives } from './lives.js';
import { type CarillonSettings, carillonParts, type ExpirationParts } from './parts.js';
import type { PauseAnswer } from './pause-answer.js';
import { closeEntity, type Renewal, type UpdateOptions, updateEntity } from './updates.js';

export type ExpirationsOptions = ExpirationPolicies & CarillonSettings;

export interface CreateOptions {
  /** Handed to the close, byte for byte; at most 256 KiB. */
  readonly data?: string;
}

const defaultNamespace = 'expiry';

/** Expirations that are Carillon's timers. */
export const openExpirations = (options: ExpirationsOptions): Expirations =>
  new Expirations(options, carillonParts(options, options.namespace ?? defaultNamespace));

/**
 * Expirations by id, kept in Carillon: any process may pause, renew or end them, and a restart loses none. Calls for one
 * id from one process take effect in the order they were made.
 */
export class Expirations {
  readonly #closes = new Map<string, Close>();
  /** Updates and closes of an id, one at a time in this process. */
  readonly #serial = new KeyedQueue();
  readonly #calls = new KeyedQueue();
  readonly #lives: Lives;
  readonly #client: ExpirationParts['timers'];
  #workers: readonly ReturnType<ExpirationParts['worker']>[] = [];
  #started: Promise<void> | null = null;
  #stopped: Promise<void> | null = null;

  constructor(
    private readonly policies: ExpirationPolicies,
    private readonly parts: ExpirationParts,
  ) {
    this.#client = parts.timers;
    this.#lives = new Lives(parts.timers, policies, policies.namespace ?? defaultNamespace);
  }

  /**
   * Names a close. Every process that may be alone must name the same ones before `start`.
   * @throws if the name is taken, or the expirations run already
   */
  closer(name: string, close: Close): Closer {
    if (this.#started !== null) throw new Error('closers are named before start');
    if (this.#closes.has(name)) throw new Error(`there is a closer '${name}' already`);
    this.#closes.set(name, close);
    return Object.freeze({ name });
  }

  /** Safe twice. Resolves when closes of what expires may be called, or it is stopped. */
  start(): Promise<void> {
    if (this.#stopped !== null) return Promise.reject(new Error('stopped expirations stay stopped'));
    this.#started ??= this.#start();
    return this.#started;
  }

  async #start(): Promise<void> {
    const { timers, connection } = this.parts;
    await connection.start();
    if (this.#stopped !== null) return;
    this.#workers = [...this.#closes].map(([name, close]) =>
      this.parts.worker(this.#lives.hookClass(name), closeHandler(close, timers, this.#serial)),
    );
    await Promise.all(this.#workers.map((each) => each.start()));
  }

  /** Waits for closes under way. Expirations go on without this process. Safe twice, before `start` and while it waits. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    await Promise.all(this.#workers.map((each) => each.stop()));
    await this.parts.connection.stop();
    // what it waited for has ended with them; one that failed has told its caller
    await this.#started?.catch(() => undefined);
  }

  /**
   * At that time `close` is called, unless something happens before. A time that has passed: at once. An id that is
   * there begins anew: other time, other data, nobody holds it.
   * @throws ClosingError, RangeError for an empty id or a time that is none
   */
  create(
    id: string,
    expirationTime: Date | number,
    close: Closer,
    options: CreateOptions = {},
  ): Promise<void> {
    return this.#ordered(id, () =>
      this.#lives.renew(id, { expirationTime, close, data: options.data ?? null, token: null }),
    );
  }

  /** An update begins: until it ends, nothing expires. Each call holds with a token of its own. */
  pause(id: string, token: string = randomUUID()): Promise<PauseAnswer> {
    return this.#ordered(id, async (): Promise<PauseAnswer> => {
      try {
        await this.#client.pauseTimer({ key: id }, { token, recall: true, check: { live: true } });
        return { status: 'paused', token };
      } catch (error) {
        if (error instanceof AlreadyClaimedError) return { status: 'closing' };
        if (isGone(error)) return { status: 'unknown' };
        throw error;
      }
    });
  }

  /**
   * The update failed: the same time as before, at once if it has passed meanwhile. Without a token everybody lets go.
   * False: nobody held it (by this token).
   */
  resume(id: string, token?: string): Promise<boolean> {
    return this.#ordered(id, () => this.#lives.resume(id, token));
  }

  /** The update succeeded: another time, and its hold is over. False: there is none, or it is (being) closed. */
  reset(id: string, expirationTime: Date | number, token?: string): Promise<boolean> {
    return this.#ordered(id, async () => {
      const set = { schedPolicyExpr: this.#lives.momentOf(expirationTime), watermark: null };
      try {
        const { status } = await this.#client.updateTimer({ key: id }, set, {
          recall: true,
          check: { live: true },
        });
        if (status === 'paused') await this.#lives.resume(id, token);
        return true;
      } catch (error) {
        if (isGone(error) || error instanceof AlreadyClaimedError) return false;
        throw error;
      }
    });
  }

  /** True: there was one, running or paused, and it will never be closed by its expiration. */
  delete(id: string): Promise<boolean> {
    return this.#ordered(id, async () => {
      try {
        return await this.#client.deleteTimer({ key: id }, { check: { live: true, unclaimed: true } });
      } catch (error) {
        if (isGone(error) || error instanceof AlreadyClaimedError) return false;
        throw error;
      }
    });
  }

  /** Closes now, whatever the time, also while it is paused. False: there is none, or it is (being) closed. */
  expire(id: string): Promise<boolean> {
    return this.#ordered(id, async () => {
      try {
        await this.#client.expireTimer({ key: id });
        return true;
      } catch (error) {
        if (isGone(error) || error instanceof EventOpenError) return false;
        throw error;
      }
    });
  }

  /**
   * A whole update: pauses, calls `work`, renews by what it answers, resumes if it throws. One at a time for an id in
   * this process, in order of arrival, closes among them; a close under way in another is waited for. @throws what `work` throws, ClosingError,
   * ReentrantCallError from within an update or a close of the same id
   */
  async update<T extends Renewal>(
    id: string,
    work: () => Promise<T>,
    options: UpdateOptions = {},
  ): Promise<T | null> {
    const parts = {
      pause: this.pause.bind(this),
      resume: this.resume.bind(this),
      delete: this.delete.bind(this),
      closingWaitMs: this.policies.closingWaitMs ?? closingWaitDefaultMs,
    };
    const renew = (of: string, renewal: Renewal, token: string | null): Promise<void> => {
      const { expiresAt: expirationTime, close, data = null } = renewal;
      return this.#ordered(of, () => this.#lives.renew(of, { expirationTime, close, data, token }));
    };
    return this.#serial.run(
      this.#named(id),
      () => updateEntity(id, work, options, { ...parts, renew }),
      options.signal,
    );
  }

  /** Ends an entity before its time: `work` closes it; if that throws, it will still expire. False: there was none. @throws what `work` throws, ReentrantCallError */
  async close(id: string, work: () => Promise<unknown>): Promise<boolean> {
    return this.#serial.run(this.#named(id), () =>
      closeEntity(id, work, {
        pause: (of) => this.pause(of),
        resume: (of, token) => this.resume(of, token),
        delete: (of) => this.delete(of),
      }),
    );
  }

  async #ordered<T>(id: string, call: () => Promise<T>): Promise<T> {
    return this.#calls.run(this.#named(id), call);
  }

  #named(id: string): string {
    if (id === '') throw new RangeError('an expiration needs an id that is not empty');
    return id;
  }
}

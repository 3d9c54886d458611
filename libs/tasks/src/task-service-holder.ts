import { InvalidStateError, NotReadyError } from './errors.js';
import type { TaskService } from './task-service.js';

/** A service that was made, and how it ends. */
export interface HeldService {
  readonly service: TaskService;
  close(): Promise<void>;
}
export interface TaskCredentials {
  readonly user: string;
  readonly password: string;
}

/** Holds the one task service of a process, which is made when its credentials are known. */
export class TaskServiceHolder {
  #made: Promise<HeldService> | null = null;
  #service: TaskService | undefined;
  #isClosed = false;

  constructor(private readonly make: (credentials: TaskCredentials) => Promise<HeldService>) {}

  /** Undefined before `create` has succeeded, and after `close`. */
  get(): TaskService | undefined {
    return this.#service;
  }

  /**
   * The first that succeeds makes the service; another changes nothing.
   * @throws InvalidStateError without credentials, NotReadyError after `close`
   */
  async create(credentials: TaskCredentials): Promise<void> {
    if (credentials.user === '' || credentials.password === '')
      throw new InvalidStateError('empty task user and passwd');
    if (this.#isClosed) throw new NotReadyError('the holder was closed: make another one');
    this.#made ??= this.make(credentials);
    const making = this.#made;
    const held = await making.catch((error: unknown) => {
      // the next one may succeed
      if (this.#made === making) this.#made = null;
      throw error;
    });
    // closed meanwhile: `close` ends what was made
    if (this.#isClosed) throw new NotReadyError('the holder was closed: make another one');
    this.#service = held.service;
  }

  /** Final; safe twice, before `create` and during it: no service stays open. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#service = undefined;
    const held = await this.#made?.catch(() => null);
    await held?.close();
  }
}

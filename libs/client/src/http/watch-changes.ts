import { setTimeout as after } from 'node:timers/promises';
import { type TimerConditionWire, watchKinds, watchMessage } from '#contract';
import { ApiUnreachableError } from '../errors.js';
import type { WatchedChange, WatchOptions } from '../timers.js';
import { type ApiConnection, mayPass } from './api-connection.js';
import { type StreamMessage, streamMessages } from './event-stream.js';

/** A stream that says nothing for so long is dead: the API sends a sign of life every few seconds. */
const silenceMsMax = 45_000;
const firstPauseMs = 50;
const pauseMsMax = 5_000;

const isKind = (event: string): boolean => (watchKinds as readonly string[]).includes(event);
/** The other side ends the stream: come again. */
const isFarewell = (event: string): boolean => event === 'dropped' || event === 'bye';

/** Follows the stream, and takes it up again where it was whenever it breaks. */
export async function* watchChanges(
  api: ApiConnection,
  condition: TimerConditionWire,
  options: WatchOptions,
): AsyncGenerator<WatchedChange> {
  const watch = new Watch(api, condition, options);
  while (!watch.isOver) {
    yield* watch.follow();
    await watch.pause();
  }
}

/** What lasts longer than a connection: where the reading is, and how often in a row it broke. */
class Watch {
  #position: string | undefined;
  #failures = 0;

  constructor(
    private readonly api: ApiConnection,
    private readonly condition: TimerConditionWire,
    private readonly options: WatchOptions,
  ) {
    this.#position = options.after;
  }

  get isOver(): boolean {
    return this.options.signal?.aborted ?? false;
  }

  /** One connection, to its end. @throws what no other connection would do better */
  async *follow(): AsyncGenerator<WatchedChange> {
    const connection = new Connection(this.api, this.condition, this.options, (lastId) => {
      this.#position = lastId;
    });
    try {
      for await (const message of connection.messages(this.#position)) {
        this.#failures = 0;
        if (message.id !== '') this.#position = message.id;
        if (message.event === 'ready') this.options.onReady?.();
        else if (isKind(message.event)) yield changeOf(message);
        else if (isFarewell(message.event)) return;
      }
    } finally {
      connection.close();
    }
    if (connection.isBroken) this.#failures += 1;
  }

  /** Short after an orderly end, longer each time that it breaks. */
  async pause(): Promise<void> {
    const { signal } = this.options;
    const pauseMs =
      this.#failures === 0 ? firstPauseMs : Math.min(pauseMsMax, firstPauseMs * 2 ** this.#failures);
    // an aborted pause is the end, which the loop sees
    await after(pauseMs, null, signal === undefined ? {} : { signal }).catch(() => null);
  }
}

const changeOf = (message: StreamMessage): WatchedChange => {
  const change: unknown = JSON.parse(message.data);
  watchMessage.parse(change);
  return { ...(change as WatchedChange), position: message.id };
};

/** One connection, closed from outside, by its caller's signal, or by its own silence. */
class Connection {
  readonly #own = new AbortController();
  #silence: NodeJS.Timeout | undefined;
  #isReading = false;
  #isBroken = false;

  constructor(
    private readonly api: ApiConnection,
    private readonly condition: TimerConditionWire,
    private readonly options: WatchOptions,
    private readonly onId: (lastId: string) => void,
  ) {}

  /** It ended otherwise than by the other side's will. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /**
   * To its end, whatever ends it: nothing that a reader of the messages throws comes here.
   * @throws what no other connection would do better
   */
  async *messages(position: string | undefined): AsyncGenerator<StreamMessage> {
    try {
      yield* this.#stream(position);
    } catch (error) {
      if (!this.#mayPass(error)) throw error;
      this.#isBroken = true;
    }
  }

  close(): void {
    clearTimeout(this.#silence);
    this.#own.abort();
  }

  async *#stream(position: string | undefined): AsyncGenerator<StreamMessage> {
    const { signal, include } = this.options;
    const either = signal === undefined ? this.#own.signal : AbortSignal.any([signal, this.#own.signal]);
    this.#hear();
    const response = await this.api.open(
      {
        method: 'GET',
        path: '/v1/watch',
        query: { condition: JSON.stringify(this.condition), include },
        headers: {
          accept: 'text/event-stream',
          ...(position !== undefined && { 'last-event-id': position }),
        },
      },
      either,
    );
    this.#isReading = true;
    if (response.body !== null)
      yield* streamMessages(response.body, { onPiece: () => this.#hear(), onId: this.onId });
  }

  /** The stream, not what it said: another connection may do better, or none is wanted any more. */
  #mayPass(error: unknown): boolean {
    if (mayPass(error) || this.#own.signal.aborted || this.options.signal?.aborted) return true;
    return this.#isReading && isStreamError(error);
  }

  #hear(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(
      () => this.#own.abort(new ApiUnreachableError('the watched stream', 'it fell silent')),
      silenceMsMax,
    );
  }
}

/** How a body that breaks off shows itself: `terminated`, or the error of its socket. */
const isStreamError = (error: unknown): boolean =>
  error instanceof TypeError || (error instanceof Error && 'code' in error);

import type { Logger } from '#kafka';
import type { Payload } from '#timer';

/** What an event may carry: text stays as it is, bytes stay bytes, anything else becomes JSON once. */
export type EventData = unknown;

/**
 * Text is kept to the byte: whoever must not lose digits (`9007199254740993`) hands over JSON text of their own making.
 * @throws TypeError for what JSON cannot hold
 */
export function payloadOf(data: EventData): Payload | null {
  if (data === undefined || data === null) return null;
  if (typeof data === 'string') return { text: data };
  if (data instanceof Uint8Array) return { text: Buffer.from(data).toString('base64'), encoding: 'base64' };
  const text: string | undefined = JSON.stringify(data);
  if (text === undefined) throw new TypeError(`a ${typeof data} cannot be kept as JSON`);
  return { text };
}

interface EventParts {
  readonly id: string;
  readonly type: string;
  readonly triggerTime: Date;
  readonly attempt: number;
  readonly eventId: string;
  readonly payload: Payload | null;
}

/** One run of a delayed event, as its trigger gets it. */
export class DelayedEvent {
  readonly id: string;
  readonly type: string;
  /** The time it was created for; a retry does not change it. */
  readonly triggerTime: Date;
  /** 1 for the first run. */
  readonly attempt: number;
  /** The same for all runs of one event: what a trigger is idempotent on. */
  readonly eventId: string;
  readonly payload: Payload | null;

  constructor(parts: EventParts) {
    this.id = parts.id;
    this.type = parts.type;
    this.triggerTime = parts.triggerTime;
    this.attempt = parts.attempt;
    this.eventId = parts.eventId;
    this.payload = parts.payload;
  }

  /** The text as it was given (base64 for bytes); the last retry's, if it gave some. */
  get data(): string | null {
    return this.payload?.text ?? null;
  }

  /** Parsed anew at each call. Numbers beyond 2^53 lose digits here, as they do in all of JavaScript: `data` has them. */
  json(): unknown {
    return this.payload === null ? null : JSON.parse(this.payload.text);
  }

  bytes(): Buffer {
    const { text, encoding } = this.payload ?? { text: '' };
    return Buffer.from(text, encoding ?? 'utf8');
  }
}

export interface RunContext {
  /** Fires when the run is no longer this process's: the lock timed out, or the queue stops. */
  readonly signal: AbortSignal;
  /** Keeps the lock; done by itself while the trigger runs. Call it to tell progress. */
  heartbeat(progress?: string): Promise<void>;
  readonly log: Logger;
}

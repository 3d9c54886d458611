import type { OutRecord } from './records.js';

export interface SendLimits {
  readonly recordsPerSendMax: number;
  /**
   * Of keys, values and headers in one request. Kafka bounds the records of one partition in a request together
   * (`max.message.bytes`, by default 1 MiB), so this stays below; one larger record goes alone.
   */
  readonly bytesPerSendMax: number;
  /**
   * Of all records that wait to be sent: a call that would make it more is refused (`SendQueueFull`), unless nothing waits.
   * `Infinity`: for callers that wait by themselves, and say so where they make the producer.
   */
  readonly waitingBytesMax: number;
}

/** One call of `send`; its records may leave in several requests. */
interface Call {
  unacknowledged: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}
/** A record that waits, or is on its way. */
export interface Waiting {
  readonly record: OutRecord;
  readonly bytes: number;
  readonly call: Call;
}

/** Nothing of the call was taken; its sender may try again. */
export class SendQueueFull extends Error {
  readonly code = 'kafka/send-queue-full';
  constructor(
    readonly waitingBytes: number,
    readonly waitingBytesMax: number,
  ) {
    super(
      `${waitingBytes} bytes wait to be sent, and with this they would be more than ${waitingBytesMax}: Kafka does not answer, or takes less than is sent; send again when sends under way have ended`,
    );
    this.name = 'SendQueueFull';
  }
}

/** What waits to be sent, in the order in which it came and within a bound of bytes. */
export class SendQueue {
  /** A set, so that what is given up leaves at once, from wherever it stands. */
  readonly #waiting = new Set<Waiting>();
  #bytes = 0;

  constructor(private readonly limits: SendLimits) {}

  get records(): number {
    return this.#waiting.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Enough for a full request. */
  get fillsSend(): boolean {
    return this.#waiting.size >= this.limits.recordsPerSendMax;
  }

  /**
   * Settles as its records do.
   * @param signal ends the call with its reason while records of it wait; these leave the queue
   * @throws SendQueueFull
   */
  add(records: readonly OutRecord[], signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const added: Waiting[] = [];
    const sent = new Promise<void>((resolve, reject) => {
      const call = { unacknowledged: records.length, resolve, reject };
      for (const record of records) added.push({ record, bytes: sizeOf(record), call });
    });
    const bytes = added.reduce((sum, one) => sum + one.bytes, 0);
    const { waitingBytesMax } = this.limits;
    if (this.#bytes > 0 && this.#bytes + bytes > waitingBytesMax)
      return Promise.reject(new SendQueueFull(this.#bytes, waitingBytesMax));
    for (const one of added) this.#waiting.add(one);
    this.#bytes += bytes;
    return signal === undefined ? sent : this.#untilGivenUp(sent, added, signal);
  }

  /** As many as fit into one request, one at least; none where none waits. */
  take(): Waiting[] {
    const { recordsPerSendMax, bytesPerSendMax } = this.limits;
    const taken: Waiting[] = [];
    let bytes = 0;
    for (const one of this.#waiting) {
      const isFull = taken.length >= recordsPerSendMax || bytes + one.bytes > bytesPerSendMax;
      if (isFull && taken.length > 0) break;
      bytes += one.bytes;
      taken.push(one);
      this.#waiting.delete(one);
    }
    this.#bytes -= bytes;
    return taken;
  }

  #untilGivenUp(sent: Promise<void>, added: readonly Waiting[], signal: AbortSignal): Promise<void> {
    const giveUp = (): void => {
      for (const one of added) {
        // on its way: Kafka says what becomes of it
        if (!this.#waiting.delete(one)) continue;
        this.#bytes -= one.bytes;
        one.call.reject(signal.reason);
      }
    };
    signal.addEventListener('abort', giveUp, { once: true });
    return sent.finally(() => signal.removeEventListener('abort', giveUp));
  }
}

/** Roughly what a record costs on the wire: its parts, and what frames them. */
function sizeOf({ key, value, headers }: OutRecord): number {
  let bytes = 32 + bytesOf(key) + bytesOf(value);
  for (const name in headers) bytes += name.length + bytesOf(headers[name] ?? null) + 4;
  return bytes;
}
/** Characters for short text: it is mostly ASCII, and exactness matters only where size does. */
function bytesOf(part: string | Buffer | null): number {
  if (part === null) return 0;
  return typeof part === 'string' && part.length > 1_024 ? Buffer.byteLength(part) : part.length;
}

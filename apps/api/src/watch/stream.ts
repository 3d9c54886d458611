import type { ServerResponse } from 'node:http';
import { noticeFrame } from './frames.js';

/** Time to take the last words of a stream that ends, ms; less when the whole process waits for it. */
const farewellMs = 30_000;
export const shutdownFarewellMs = 2_000;

/** One reader's connection. It holds no more unread bytes than the bound; who reads too slowly is told and let go. */
export class WatchStream {
  #isOpen = true;

  constructor(
    private readonly response: ServerResponse,
    private readonly unreadBytesMax: number,
    private readonly onClosed: (stream: WatchStream) => void,
  ) {
    response.once('close', () => this.#closed());
    response.once('error', () => this.#closed());
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** @param resumeAt what this stream has been told so far, in case it has to come again */
  send(chunk: Buffer, resumeAt: string): void {
    if (!this.#isOpen) return;
    if (this.response.writableLength > this.unreadBytesMax) {
      this.end(
        noticeFrame('dropped', resumeAt, {
          code: 'slow-reader',
          detail: `more than ${this.unreadBytesMax} bytes lay unread; come again with Last-Event-ID`,
        }),
      );
      return;
    }
    this.response.write(chunk);
  }

  /** Keeps the connection while there is nothing to tell; whoever has yet to read needs none. */
  beat(): void {
    if (this.#isOpen && this.response.writableLength === 0) this.response.write(': beat\n\n');
  }

  /** Ends then, as if this process went away: whoever reads comes again, and proves anew who they are. */
  endAfter(ms: number): void {
    const end = setTimeout(
      () =>
        this.end(
          noticeFrame('bye', null, {
            code: 'prove-again',
            detail: 'come again with Last-Event-ID and with credentials that are valid',
          }),
        ),
      ms,
    );
    this.response.once('close', () => clearTimeout(end));
  }

  /** Resolves when the reader has taken what was sent, or is gone. */
  async drained(): Promise<void> {
    if (!this.#isOpen || !this.response.writableNeedDrain) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.response.off('drain', done);
        this.response.off('close', done);
        resolve();
      };
      this.response.once('drain', done);
      this.response.once('close', done);
    });
  }

  /** Last words, then the end; a reader that does not take them is cut off. */
  end(lastWords: Buffer, withinMs = farewellMs): void {
    if (!this.#isOpen) return;
    this.#closed();
    this.response.end(lastWords);
    const { socket } = this.response;
    const cut = setTimeout(() => socket?.destroy(), withinMs);
    this.response.once('close', () => clearTimeout(cut));
  }

  #closed(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.onClosed(this);
  }
}

import type { BatchProducer, Logger } from '#kafka';
import type { RunnerReport } from '../wire.js';

/** Between two reports at the least, ms: changes in between go into one. */
const changesTogetherMs = 50;

/** Tells the allocator how a runner stands: after each change, and at least every so often. */
export class Reporter {
  #heard: string[] = [];
  #next: NodeJS.Timeout | null = null;
  #isSoon = false;
  #sending: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(
    private readonly producer: BatchProducer,
    private readonly topic: string,
    private readonly everyMs: number,
    private readonly report: (heard: readonly string[]) => RunnerReport,
    private readonly log: Logger,
  ) {}

  async start(): Promise<void> {
    await this.producer.start();
    this.#send();
    await this.#sending;
  }

  /** The last report says how it stands at the end. */
  async stop(): Promise<void> {
    if (this.#next !== null) clearTimeout(this.#next);
    this.#send();
    this.#isStopped = true;
    await this.#sending;
    if (this.#next !== null) clearTimeout(this.#next);
    await this.producer.stop();
  }

  /** A claim has come; the allocator need not tell it again. */
  hear(key: string): void {
    this.#heard.push(key);
    this.tell();
  }

  /** Something has changed. */
  tell(): void {
    if (this.#isSoon || this.#isStopped) return;
    this.#isSoon = true;
    this.#in(changesTogetherMs);
  }

  #in(ms: number): void {
    if (this.#next !== null) clearTimeout(this.#next);
    this.#next = setTimeout(() => this.#send(), ms);
  }

  #send(): void {
    if (this.#isStopped) return;
    this.#isSoon = false;
    const heard = this.#heard;
    this.#heard = [];
    const report = this.report(heard);
    const record = { topic: this.topic, key: report.runner, value: JSON.stringify(report) };
    this.#sending = this.producer.send([record]).catch((error: unknown) => {
      // what was heard is told with the next one
      this.#heard.unshift(...heard);
      this.log.warn({ error: String(error) }, 'a report was not sent');
    });
    this.#in(this.everyMs);
  }
}

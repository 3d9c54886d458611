import { type BatchProducer, type Logger, ringAfter } from '#kafka';
import type { RunnerReport } from '../wire.js';

/** Between two reports at the least, ms: changes in between go into one. */
const changesTogetherMs = 50;

/** A claim that has come, and who has its attempt, if that is why it was refused. */
export interface HeardClaim {
  readonly key: string;
  readonly holder: string | null;
}

/** Tells the allocator how a runner stands: after each change, and at least every so often. */
export class Reporter {
  #heard: HeardClaim[] = [];
  #cancelNext: () => void = () => undefined;
  #isSoon = false;
  #sending: Promise<void> = Promise.resolve();
  /** Between `start` and `stop`: who tells of itself before it listens is given what it does not hear of. */
  #isTelling = false;

  constructor(
    private readonly producer: BatchProducer,
    private readonly topic: string,
    private readonly everyMs: number,
    private readonly report: (heard: readonly HeardClaim[]) => RunnerReport,
    private readonly log: Logger,
  ) {}

  async start(): Promise<void> {
    await this.producer.start();
    this.#isTelling = true;
    await this.tellNow();
  }

  /** The last report says how it stands at the end; without a start there is none. */
  async stop(): Promise<void> {
    this.#cancelNext();
    this.#send();
    this.#isTelling = false;
    await this.#sending;
    this.#cancelNext();
    await this.producer.stop();
  }

  /** A claim has come; the allocator need not tell it again. */
  hear(claim: HeardClaim): void {
    this.#heard.push(claim);
    this.tell();
  }

  /** Something has changed. */
  tell(): void {
    if (this.#isSoon || !this.#isTelling) return;
    this.#isSoon = true;
    this.#in(changesTogetherMs);
  }

  /** Something has changed that the allocator must know before what follows; resolves when Kafka has it, or has refused it. */
  tellNow(): Promise<void> {
    this.#send();
    return this.#sending;
  }

  #in(ms: number): void {
    this.#cancelNext();
    this.#cancelNext = ringAfter(ms, () => this.#send());
  }

  #send(): void {
    if (!this.#isTelling) return;
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

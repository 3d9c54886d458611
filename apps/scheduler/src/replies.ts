import { acceptedReply, appliedReply, refusedReply } from '#contract';
import type { CommandOutcome, Outcome, TimerLog } from '#engine';
import { type BatchProducer, type OutRecord, type ReplyAddress, replyRecord } from '#kafka';
import type { TimerState } from '#timer';

/** A timer whose history is longer, since its last snapshot, is told of by id and version alone: so much is one page. */
export const foldedEventsMax = 1_000;
/** So many wait for a look-up; what comes beyond is told of by id and version alone. */
export const lookedUpMax = 1_000;

type Repeated = Extract<Outcome, { readonly kind: 'repeated' }>;
/** Null: nothing is known, or this process stops. */
type LookUp = Promise<TimerState | null>;

/** After the commit. A reply that is lost is asked for again, with the same command id. */
export class Replies {
  readonly #lookUps = new Map<string, LookUp>();
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #isStopped = false;

  constructor(
    private readonly log: Pick<TimerLog, 'stateAt'>,
    private readonly producer: Pick<BatchProducer, 'send'>,
  ) {}

  /** Resolves when all are sent. Those that must be looked up hold the others up no more than one another's turn. */
  async send(outcomes: readonly CommandOutcome<ReplyAddress>[]): Promise<void> {
    const records: OutRecord[] = [];
    const later: Promise<void>[] = [];
    for (const { envelope, outcome } of outcomes) {
      const { reply } = envelope;
      if (reply === null) continue;
      const isKnown = outcome.kind !== 'repeated' || outcome.state !== null;
      if (isKnown || this.#waiting >= lookedUpMax) records.push(replyTo(reply, outcome));
      else later.push(this.#sendLookedUp(reply, outcome));
    }
    await Promise.all([this.producer.send(records), ...later]);
  }

  /** Waits for the look-up under way; those who wait get no reply, and ask again whoever takes over. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#last;
  }

  async #sendLookedUp(reply: ReplyAddress, repeated: Repeated): Promise<void> {
    this.#waiting += 1;
    try {
      const state = await this.#lookedUp(repeated);
      if (!this.#isStopped) await this.producer.send([replyTo(reply, { ...repeated, state })]);
    } catch (error) {
      if (!this.#isStopped) throw error;
    } finally {
      this.#waiting -= 1;
    }
  }

  /** One after the other, so that no more than a page is in memory; who asks for the same meanwhile shares it. */
  #lookedUp({ timerId, version }: Repeated): LookUp {
    const what = `${timerId}/${version}`;
    const underWay = this.#lookUps.get(what);
    if (underWay !== undefined) return underWay;
    const lookUp = this.#last
      .then(() => (this.#isStopped ? null : this.log.stateAt(timerId, version, foldedEventsMax)))
      .finally(() => this.#lookUps.delete(what));
    this.#lookUps.set(what, lookUp);
    this.#last = lookUp.catch(() => undefined);
    return lookUp;
  }
}

function replyTo(address: ReplyAddress, outcome: Outcome): OutRecord {
  switch (outcome.kind) {
    case 'rejected': {
      const body = refusedReply(outcome.rejection);
      return replyRecord(address, body, body);
    }
    case 'applied':
      return replyRecord(address, acceptedReply(outcome.state), null);
    case 'repeated': {
      const { timerId, version, state } = outcome;
      return replyRecord(
        address,
        state === null ? appliedReply(timerId, version) : acceptedReply(state),
        null,
      );
    }
  }
}

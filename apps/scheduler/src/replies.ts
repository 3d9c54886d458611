import { acceptedReply, appliedReply, refusedReply } from '#contract';
import type { CommandOutcome, Outcome, TimerLog } from '#engine';
import { type BatchProducer, type OutRecord, type ReplyAddress, replyRecord } from '#kafka';

/** A timer whose history is longer, since its last snapshot, is told of by id and version alone. */
export const foldedEventsMax = 10_000;
/** So many wait to be looked up; what comes beyond is told of by id and version alone. */
export const lookedUpMax = 1_000;

type Repeated = Extract<Outcome, { readonly kind: 'repeated' }>;

/** After the commit. A reply that is lost is asked for again, with the same command id. */
export class Replies {
  #lookUps: Promise<void> = Promise.resolve();
  #waiting = 0;

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
      else later.push(this.#lookedUp(reply, outcome));
    }
    await Promise.all([this.producer.send(records), ...later]);
  }

  /** One after the other: a history is read a page at a time, and this way no more than a page is in memory. */
  #lookedUp(reply: ReplyAddress, repeated: Repeated): Promise<void> {
    this.#waiting += 1;
    const sent = this.#lookUps.then(async () => {
      this.#waiting -= 1;
      const state = await this.log.stateAt(repeated.timerId, repeated.version, foldedEventsMax);
      await this.producer.send([replyTo(reply, { ...repeated, state })]);
    });
    this.#lookUps = sent.catch(() => undefined);
    return sent;
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

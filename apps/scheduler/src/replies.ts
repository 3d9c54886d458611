import { acceptedReply, appliedReply, refusedReply } from '#contract';
import type { CommandOutcome, TimerLog } from '#engine';
import { type BatchProducer, type OutRecord, type ReplyAddress, replyRecord } from '#kafka';

/** After the commit. A reply that is lost is asked for again, with the same command id. */
export async function sendReplies(
  outcomes: readonly CommandOutcome<ReplyAddress>[],
  log: TimerLog,
  producer: BatchProducer,
): Promise<void> {
  const records = await Promise.all(
    outcomes.map(async ({ envelope, outcome }): Promise<OutRecord | null> => {
      if (envelope.reply === null) return null;
      switch (outcome.kind) {
        case 'applied':
          return replyRecord(envelope.reply, acceptedReply(outcome.state), null);
        case 'rejected': {
          const body = refusedReply(outcome.rejection);
          return replyRecord(envelope.reply, body, body);
        }
        case 'repeated': {
          const state = await log.stateAt(outcome.timerId, outcome.version);
          const body = state === null ? appliedReply(outcome.timerId, outcome.version) : acceptedReply(state);
          return replyRecord(envelope.reply, body, null);
        }
      }
    }),
  );
  await producer.send(records.filter((record) => record !== null));
}

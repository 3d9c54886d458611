import { commandBytesMax, parseCommand } from '#contract';
import { type CommandEnvelope, slotOfTarget } from '#engine';
import { type InRecord, type ReplyAddress, readTraceparent, replyAddress } from '#kafka';

type Envelope = CommandEnvelope<ReplyAddress>;

/**
 * Never throws: what cannot be read becomes a rejection with its bytes.
 * @param databases that hold the timers together
 */
export function envelopeOf(record: InRecord, databases: number): Envelope {
  const { topic, partition, offset, key, value, headers } = record;
  const [actor, traceparent] = [headers.actor?.toString(), readTraceparent(headers.traceparent)];
  return {
    source: { topic, partition, offset },
    key,
    value,
    content: contentOf(record, databases),
    reply: replyAddress(record),
    ...(actor !== undefined && { actor }),
    ...(traceparent !== undefined && { traceparent }),
  };
}

function contentOf(record: InRecord, databases: number): Envelope['content'] {
  const parsed = parseCommand(record, commandBytesMax);
  if (!parsed.ok) return { kind: 'unreadable', commandId: parsed.commandId, rejection: parsed.rejection };
  const { commandId, target, command } = parsed;
  if (databases > 1) {
    const slot = slotOfTarget(target);
    if (slot % databases !== record.partition % databases)
      return { kind: 'misplaced', commandId, slot, headers: record.headers };
  }
  return { kind: 'command', commandId, target, command };
}

import { randomUUID } from 'node:crypto';
import { parseCommand } from '#contract';
import type { CommandEnvelope } from '#engine';

const valueBytesMax = 1_000_000;

/** A command as the scheduler has read it from Kafka. */
export function envelopeOf(namespace: string, key: string, body: object): CommandEnvelope {
  const value = Buffer.from(JSON.stringify({ id: randomUUID(), namespace, key, ...body }));
  const parsed = parseCommand({ key: Buffer.from(`${namespace}/${key}`), value }, valueBytesMax);
  if (!parsed.ok) throw new Error(parsed.rejection.message);
  const { commandId, target, command } = parsed;
  return {
    source: { topic: 'bench', partition: 0, offset: 0n },
    key: null,
    value,
    content: { kind: 'command', commandId, target, command },
    reply: null,
  };
}

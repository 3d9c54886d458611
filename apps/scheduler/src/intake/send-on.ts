import type { MisplacedEnvelope } from '#engine';
import type { OutRecord } from '#kafka';

/** The record as it came, on the partition of its timer. */
export function sentOn<Reply>(
  { source, key, value, content }: MisplacedEnvelope<Reply>,
  partitions: number,
): OutRecord {
  const headers = Object.entries(content.headers).filter(
    (header): header is [string, Buffer] => header[1] !== undefined,
  );
  return {
    topic: source.topic,
    partition: content.slot % partitions,
    key,
    value,
    headers: Object.fromEntries(headers),
  };
}

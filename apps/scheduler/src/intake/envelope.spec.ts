import { describe, expect, it } from 'vitest';
import type { InRecord } from '#kafka';
import { mintTimerId, slotOf } from '#timer';
import { envelopeOf } from './envelope.js';
import { sentOn } from './send-on.js';

const partitions = 8;
const id = '00000000-0000-7000-8000-000000000001';
const key = 'k';
const slot = slotOf('default', key);

const record = (partition: number, command: object, headers: InRecord['headers'] = {}): InRecord => ({
  topic: 'timers.commands',
  partition,
  offset: 7n,
  key: Buffer.from(`default/${key}`),
  value: Buffer.from(JSON.stringify(command)),
  headers,
  timestampMs: 0,
});
const pause = { type: 'PauseTimer', id, namespace: 'default', key };
const [own, beside, elsewhere] = [slot % partitions, (slot + 2) % partitions, (slot + 1) % partitions];

describe('a command record', () => {
  it('is of its partition where one database holds every timer', () => {
    expect(envelopeOf(record(elsewhere, pause), 1).content.kind).toBe('command');
  });

  it('is decided where it is, if its timer lies in the database of its partition', () => {
    for (const partition of [own, beside])
      expect(envelopeOf(record(partition, pause), 2).content.kind).toBe('command');
  });

  it('is misplaced in the partition of another database, by name and by id', () => {
    const timerId = mintTimerId(1, slot, new Uint8Array(9));
    for (const command of [pause, { type: 'PauseTimer', id, timerId }])
      expect(envelopeOf(record(elsewhere, command), 2).content).toMatchObject({
        kind: 'misplaced',
        commandId: id,
        slot,
      });
  });

  it('that cannot be read is refused where it is', () => {
    expect(envelopeOf(record(elsewhere, { type: 'Nonsense' }), 2).content.kind).toBe('unreadable');
  });

  it('goes on as it came, to the partition of its timer, headers and all', () => {
    const headers = {
      kafka_correlationId: Buffer.from('c'),
      kafka_replyTopic: Buffer.from('r'),
      actor: Buffer.from('me'),
    };
    const came = record(elsewhere, pause, headers);
    const envelope = envelopeOf(came, 2);
    if (envelope.content.kind !== 'misplaced') throw new Error('it is misplaced');
    expect(sentOn({ ...envelope, content: envelope.content }, partitions)).toEqual({
      topic: came.topic,
      partition: own,
      key: came.key,
      value: came.value,
      headers,
    });
  });
});

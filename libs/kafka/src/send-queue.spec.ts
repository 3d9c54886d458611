import { describe, expect, it } from 'vitest';
import { type SendLimits, SendQueue, SendQueueFull, type Waiting } from './send-queue.js';

const limits: SendLimits = { recordsPerSendMax: 3, bytesPerSendMax: 1_000, waitingBytesMax: 4_000 };
const record = (value: string) => ({ topic: 't', key: null, value });
/** With what frames it. */
const ofBytes = (bytes: number) => record('x'.repeat(bytes - 32));
const valuesOf = (batch: readonly Waiting[]) => batch.map(({ record: { value } }) => value);

describe('what waits to be sent', () => {
  it('leaves in order, by as many records and bytes as a request may have, a larger one alone', () => {
    const queue = new SendQueue(limits);
    void queue.add(['a', 'b', 'c', 'd'].map(record));
    expect(queue.fillsSend).toBe(true);
    expect(valuesOf(queue.take())).toEqual(['a', 'b', 'c']);
    void queue.add([ofBytes(960), ofBytes(1_500), ofBytes(40)]);
    const sizes = () => queue.take().map(({ bytes }) => bytes);
    expect([sizes(), sizes(), sizes(), sizes()]).toEqual([[33, 960], [1_500], [40], []]);
    expect([queue.records, queue.bytes, queue.fillsSend]).toEqual([0, 0, false]);
  });

  it('is bounded in bytes: a call beyond them is refused as a whole, and taken once there is room', async () => {
    const queue = new SendQueue(limits);
    void queue.add([ofBytes(1_000), ofBytes(1_000), ofBytes(1_000)]);
    await expect(queue.add([ofBytes(600), ofBytes(600)])).rejects.toThrow(SendQueueFull);
    await expect(queue.add([ofBytes(1_001)])).rejects.toMatchObject({
      code: 'kafka/send-queue-full',
      waitingBytes: 3_000,
      waitingBytesMax: 4_000,
    });
    expect([queue.records, queue.bytes]).toEqual([3, 3_000]);
    void queue.add([ofBytes(1_000)]);
    queue.take();
    void queue.add([ofBytes(600), ofBytes(400)]);
    expect(queue.bytes).toBe(4_000);
  });

  it('takes one call that is larger than the bound where nothing else waits', async () => {
    const queue = new SendQueue(limits);
    void queue.add([ofBytes(3_000), ofBytes(3_000)]);
    expect(queue.bytes).toBe(6_000);
    await expect(queue.add([ofBytes(40)])).rejects.toThrow(SendQueueFull);
  });

  it('stays bounded through an outage whose callers give up: their room is there for the next', async () => {
    const queue = new SendQueue(limits);
    for (let round = 0; round < 100; round += 1) {
      const callers = [new AbortController(), new AbortController()];
      const calls = callers.map(({ signal }) => queue.add([ofBytes(1_500)], signal));
      await expect(queue.add([ofBytes(1_500)])).rejects.toThrow(SendQueueFull);
      for (const caller of callers) caller.abort(new Error(`round ${round}`));
      for (const call of calls) await expect(call).rejects.toThrow(`round ${round}`);
      expect([queue.records, queue.bytes]).toEqual([0, 0]);
    }
    expect(queue.take()).toEqual([]);
  });

  it('leaves out what was given up, and nothing else', async () => {
    const queue = new SendQueue(limits);
    const [early, late] = [new AbortController(), new AbortController()];
    const first = queue.add([record('a'), record('b')]);
    const gone = queue.add([record('c')], early.signal);
    const sent = queue.add([record('d')], late.signal);
    early.abort('gone');
    const batch = queue.take();
    expect(valuesOf(batch)).toEqual(['a', 'b', 'd']);
    // it is on its way: only Kafka says what becomes of it
    late.abort('too late');
    for (const { call } of batch) call.resolve();
    await expect(Promise.all([first, sent])).resolves.toEqual([undefined, undefined]);
    await expect(gone).rejects.toBe('gone');
  });

  it('keeps the rest of a call back that is given up when a part of it is on its way', async () => {
    const queue = new SendQueue(limits);
    const caller = new AbortController();
    const call = queue.add(['a', 'b', 'c', 'd', 'e'].map(record), caller.signal);
    queue.take();
    caller.abort('gone');
    await expect(call).rejects.toBe('gone');
    expect([queue.records, queue.bytes]).toEqual([0, 0]);
    await expect(queue.add([record('f')], caller.signal)).rejects.toBe('gone');
    expect(queue.records).toBe(0);
  });
});

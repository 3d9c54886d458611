import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CommandEnvelope, decideAll } from '#engine';
import { migrate, openPostgresStore, type PostgresStore } from '#postgres';
import { type CommandId, decide, evolve, mintTimerId, payloadBytesMax } from '#timer';
import { freshDatabase } from '../../../../test/harness/database.js';
import { readBytesMax } from './postgres-log-feed.js';

const none = { offsets: [], targets: [], commandIds: [], due: [], dueElsewhere: [] };
const log = { warn: () => undefined };
const records = 40;
let store: PostgresStore;
let drop: () => Promise<unknown>;

beforeAll(async () => {
  const database = await freshDatabase();
  drop = () => database.drop();
  await migrate(database.url, 4);
  store = openPostgresStore({ databaseUrl: database.url, applicationName: 'large', log });
});
afterAll(async () => {
  await store.close();
  await drop();
});

const envelope = (content: CommandEnvelope['content'], value: Buffer | null): CommandEnvelope => ({
  source: { topic: 't', partition: 0, offset: 0n },
  key: null,
  value,
  reply: null,
  content,
});

const write = (given: CommandEnvelope) =>
  store.log.transact(none, (loaded) => {
    const mint = (slot: number) => mintTimerId(loaded.now, slot, Buffer.from(randomUUID()).subarray(0, 9));
    return decideAll([given], loaded, { decide, evolve }, mint).writes;
  });

function largeCreate(key: string): CommandEnvelope {
  const commandId = randomUUID() as CommandId;
  const target = { namespace: 'n', key };
  const data = { text: 'x'.repeat(payloadBytesMax) };
  const timer = { schedPolicyType: 'ONCE', schedPolicyExpr: '1h', data };
  const command = { type: 'CreateTimer' as const, commandId, ...target, timer };
  return envelope({ kind: 'command', commandId, target, command }, null);
}

it('reads large events a bounded number of bytes at a time, by turns, without a gap', async () => {
  for (let n = 0; n < records; n += 1) await write(largeCreate(`large-${n}`));
  const positions = new Map([0, 1, 2, 3].map((partition) => [partition, 0n]));
  let read = 0;
  while (read < records) {
    const before = new Set([...positions].filter(([, position]) => position === 0n).map(([p]) => p));
    const events = await store.feed.readAfter(positions, 2_000);
    const bytes = events.reduce((sum, { data }) => sum + Buffer.byteLength(data), 0);
    expect(events.length).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(readBytesMax + 2 * payloadBytesMax);
    if (read === 0) expect(new Set(events.map(({ partition }) => partition))).toEqual(before);
    for (const { partition, position } of events) {
      expect(position).toBe((positions.get(partition) ?? 0n) + 1n);
      positions.set(partition, position);
    }
    read += events.length;
  }
});

it('reads large refused commands a bounded number of bytes at a time', async () => {
  const rejection = { code: 'unreadable', message: 'not JSON' } as const;
  const value = Buffer.alloc(512 * 1024, 'x');
  for (let n = 0; n < records; n += 1)
    await write(envelope({ kind: 'unreadable', commandId: null, rejection }, value));
  let read = 0;
  while (read < records) {
    const rejections = await store.feed.unpublishedRejections(500);
    const bytes = rejections.reduce((sum, refused) => sum + (refused.value?.length ?? 0), 0);
    expect(rejections.length).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(readBytesMax + 2 * value.length);
    await store.feed.markRejectionsPublished(rejections.map(({ sequence }) => sequence));
    read += rejections.length;
  }
});

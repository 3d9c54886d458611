import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { DataLogError, decideAll } from '#engine';
import { migrate, openPostgresStore } from '#postgres';
import { type CommandId, decide, evolve, mintTimerId, payloadBytesMax } from '#timer';
import { freshDatabase } from '../../../../test/harness/database.js';

const none = { offsets: [], targets: [], commandIds: [], due: [], dueElsewhere: [] };

it('loads timers for commands up to a bound of bytes, and always a single one', async () => {
  const database = await freshDatabase();
  await migrate(database.url, 4);
  const store = openPostgresStore({
    databaseUrl: database.url,
    applicationName: 'large',
    log: { warn: () => undefined },
  });
  try {
    const targets = Array.from({ length: 40 }, (_, i) => ({ namespace: 'n', key: `large-${i}` }));
    const timer = {
      schedPolicyType: 'ONCE',
      schedPolicyExpr: '1h',
      data: { text: 'x'.repeat(payloadBytesMax) },
    };
    for (const target of targets) {
      const commandId = randomUUID() as CommandId;
      const envelope = {
        source: { topic: 't', partition: 0, offset: 0n },
        key: null,
        value: null,
        reply: null,
        content: {
          kind: 'command' as const,
          commandId,
          target,
          command: { type: 'CreateTimer' as const, commandId, ...target, timer },
        },
      };
      await store.log.transact(none, (loaded) => {
        const mint = (slot: number) =>
          mintTimerId(loaded.now, slot, Buffer.from(randomUUID()).subarray(0, 9));
        return decideAll([envelope], loaded, { decide, evolve }, mint).writes;
      });
    }
    const load = async (count: number): Promise<number> => {
      let loadedCount = 0;
      await store.log.transact({ ...none, targets: targets.slice(0, count) }, (loaded) => {
        loadedCount = loaded.byId.size;
        return { streams: [], rejections: [], unchanged: [], emission: null, emitted: [] };
      });
      return loadedCount;
    };
    await expect(load(40)).rejects.toBeInstanceOf(DataLogError);
    expect(await load(10)).toBe(10);
    expect(await load(1)).toBe(1);
  } finally {
    await store.close();
    await database.drop();
  }
});

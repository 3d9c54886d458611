import { afterEach, describe, expect, it } from 'vitest';
import type { InRecord } from '#kafka';
import { Cluster, closeCommand, createCommand } from '../harness/cluster.js';
import { eventually } from '../harness/wait.js';

/** What a reader sees of each timer once it drops what is not above the last version it saw. */
function seen(records: readonly InRecord[]) {
  const timers = new Map<string, { versions: number[]; ids: Map<number, string> }>();
  const repeatsWithAnotherId: string[] = [];
  for (const { headers } of records) {
    const [id, version, eventId] = [
      String(headers.ce_timerid),
      Number(headers.ce_timerversion),
      String(headers.ce_id),
    ];
    const timer = timers.get(id) ?? { versions: [], ids: new Map<number, string>() };
    timers.set(id, timer);
    const known = timer.ids.get(version);
    if (known !== undefined && known !== eventId) repeatsWithAnotherId.push(`${known} and ${eventId}`);
    timer.ids.set(version, eventId);
    if (version > (timer.versions.at(-1) ?? 0)) timer.versions.push(version);
  }
  return { timers, repeatsWithAnotherId };
}

describe('per-timer order', () => {
  let cluster: Cluster;
  afterEach(() => cluster.close());

  it('shows every event of a timer in version order on the feed, though the relay is killed and two are there', async () => {
    cluster = await Cluster.open();
    const victim = await cluster.start('scheduler');
    await Promise.all([cluster.start('scheduler'), cluster.start('fire')]);
    const feed = await cluster.tail(cluster.topics.events);
    const due = await cluster.due('h');
    await cluster.send(
      Array.from({ length: 30 }, (_, i) =>
        createCommand(`t-${i}`, { schedPolicyType: 'INTERVAL', schedPolicyExpr: '30ms', hookClass: 'h' }),
      ),
    );
    let closed = 0;
    const closeAll = async () => {
      const open = due.deliveries().slice(closed);
      closed += open.length;
      await cluster.send(open.map((delivery) => closeCommand(delivery)));
      return cluster.count('EventClosed');
    };
    await eventually('they run', async () => (await closeAll()) > 300);
    await victim.kill();
    await eventually('they run on', async () => (await closeAll()) > 1_500);
    for (let i = 0; i < 30; i += 1)
      await cluster.send([
        {
          type: 'UpdateTimer',
          id: crypto.randomUUID(),
          namespace: 'default',
          key: `t-${i}`,
          set: { enable: false },
        },
      ]);
    await eventually('they rest', async () => {
      await closeAll();
      const { rows } = await cluster.pool.query('select from timer_state where status <> 4');
      return rows.length === 0;
    });

    const log = Map.groupBy(await cluster.events(), ({ stream_id }) => stream_id);
    await eventually(
      'the feed has caught up',
      () =>
        seen(feed.records).timers.size === 30 &&
        [...seen(feed.records).timers].every(
          ([id, { versions }]) => versions.length >= (log.get(id)?.length ?? 0),
        ),
    );
    const { timers, repeatsWithAnotherId } = seen(feed.records);
    expect(repeatsWithAnotherId).toEqual([]);
    for (const [id, { versions }] of timers)
      expect(versions).toEqual(Array.from({ length: log.get(id)?.length ?? 0 }, (_, i) => i + 1));

    const dueVersions = seen(due.deliveries().map(({ record }) => record));
    expect(dueVersions.repeatsWithAnotherId).toEqual([]);
    const opened = Map.groupBy(
      await cluster.events(`type in ('EventTriggered', 'EventRedelivered')`),
      ({ stream_id }) => stream_id,
    );
    for (const [id, { versions }] of dueVersions.timers)
      expect(versions).toEqual(
        opened
          .get(id)
          ?.map(({ version }) => version)
          .sort((a, b) => a - b),
      );
    expect((await cluster.verify()).findings).toEqual([]);
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import { Cluster, closeCommand, createCommand, type LogRow } from '../harness/cluster.js';
import { eventually } from '../harness/wait.js';

/** Most events of one stream that were open at a time. */
function mostOpen(rows: readonly LogRow[]): number {
  let [open, most] = [0, 0];
  for (const { type } of [...rows].sort((a, b) => a.version - b.version)) {
    if (type === 'EventTriggered') open += 1;
    if (type === 'EventClosed' || type === 'EventGivenUp') open -= 1;
    most = Math.max(most, open);
  }
  return most;
}

describe('one open event', () => {
  let cluster: Cluster;
  afterEach(() => cluster.close());

  it('never opens a second event of a timer, though two processes own every slot at once', async () => {
    cluster = await Cluster.open();
    // different groups: each believes that everything is its own
    await Promise.all([
      cluster.start('scheduler'),
      cluster.start('fire', { FIRE_GROUP_ID: `${cluster.prefix}-one` }),
      cluster.start('fire', { FIRE_GROUP_ID: `${cluster.prefix}-two` }),
    ]);
    const due = await cluster.due('h');
    const timers = 40;
    await cluster.send(
      Array.from({ length: timers }, (_, i) =>
        createCommand(`t-${i}`, { schedPolicyType: 'INTERVAL', schedPolicyExpr: '20ms', hookClass: 'h' }),
      ),
    );
    let closed = 0;
    await eventually('each timer has fired many times', async () => {
      const open = due.deliveries().slice(closed);
      closed += open.length;
      await cluster.send(open.map((delivery) => closeCommand(delivery)));
      return (await cluster.count('EventClosed')) > timers * 20;
    });

    const streams = Map.groupBy(await cluster.events(), ({ stream_id }) => stream_id);
    expect(streams.size).toBe(timers);
    expect([...streams.values()].map(mostOpen)).toEqual(Array.from({ length: timers }, () => 1));
    expect((await cluster.verify()).findings).toEqual([]);
  });
});

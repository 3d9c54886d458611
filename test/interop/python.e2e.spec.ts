import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cluster } from '../harness/cluster.js';
import { pythonWith } from '../harness/python.js';

const run = promisify(execFile);
const clientVersion = '3.0.12';

describe('a plain client in Python', () => {
  let cluster: Cluster;
  let python: string;
  beforeAll(async () => {
    python = await pythonWith(`kafka-python==${clientVersion}`);
  });
  afterAll(() => cluster.close());

  it('creates a timer, handles its due event and closes it, with nothing of ours', async () => {
    cluster = await Cluster.open();
    await Promise.all([cluster.start('scheduler'), cluster.start('fire')]);
    const script = join(process.cwd(), 'test', 'interop', 'create_handle_close.py');
    const { stdout } = await run(python, [script, cluster.brokers, cluster.prefix, 'from-python'], {
      timeout: 60_000,
    });
    const { event, headers } = JSON.parse(stdout) as {
      event: { timer: { data: string } };
      headers: Record<string, string>;
    };
    // byte for byte, though the number is larger than a double can hold
    expect(event.timer.data).toBe('{"id": 9007199254740993, "text": "größer"}');
    expect(headers).toMatchObject({
      ce_specversion: '1.0',
      ce_type: 'carillon.timer.due',
      'content-type': 'application/json',
    });

    const client = await cluster.client();
    const closed = await client.updateTimer({ namespace: 'interop', key: 'from-python' }, { tags: ['seen'] });
    expect(closed).toMatchObject({
      summaryData: '{"handledBy": "python"}',
      status: 'ended',
      eventStatus: 'IDLE',
    });
    expect((await cluster.verify()).findings).toEqual([]);
  });
});

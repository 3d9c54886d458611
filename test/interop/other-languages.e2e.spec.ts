import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { built } from '../harness/builds.js';
import { Cluster } from '../harness/cluster.js';
import { modelsAnew, programs, pythonModels } from './programs.js';

// The programs of examples/ against real servers.

const run = promisify(execFile);
const installTimeoutMs = 300_000;

describe('a program in', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.open();
    await Promise.all([cluster.start('scheduler'), cluster.start('fire')]);
  });
  afterAll(() => cluster.close());

  it.each(Object.keys(programs))(
    '%s creates a timer, handles its event, closes it and watches its life',
    async (language) => {
      const [program, ...args] = (await programs[language]?.()) ?? [''];
      const { stdout } = await run(program, [...args, cluster.brokers, cluster.prefix, `from-${language}`], {
        timeout: 90_000,
      });
      const { type, watched } = JSON.parse(stdout) as { type: string; watched: readonly string[] };
      expect(type).toBe('carillon.timer.due');
      expect(watched).toEqual(['carillon.TimerCreated', 'carillon.EventTriggered', 'carillon.EventClosed']);

      const client = await cluster.client();
      const key = { namespace: 'interop', key: `from-${language}` };
      // byte for byte, though the number is larger than a double can hold
      expect(await client.updateTimer(key, { tags: ['seen'] })).toMatchObject({
        data: '{"id": 9007199254740993, "text": "größer"}',
        summaryData: JSON.stringify({ handledBy: language }).replace(':', ': '),
        status: 'ended',
      });
    },
    installTimeoutMs,
  );
});

it(
  'gives Python the types of the messages as they are',
  async () => {
    await built(pythonModels);
    expect(readFileSync(modelsAnew, 'utf8')).toBe(
      readFileSync(join('examples', 'python', 'carillon_messages.py'), 'utf8'),
    );
  },
  installTimeoutMs,
);

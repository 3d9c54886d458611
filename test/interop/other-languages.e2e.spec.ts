import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cluster } from '../harness/cluster.js';
import { pythonOfOurOwn } from '../harness/python.js';

// The programs of examples/, each with its language's ordinary Kafka client and CloudEvents SDK, against real servers.

const run = promisify(execFile);
const built = resolve('.carillon/interop');
const installTimeoutMs = 300_000;

/** Brings the program's libraries, builds it, and answers the command that starts it. */
const languages: Readonly<Record<string, () => Promise<readonly [string, ...string[]]>>> = {
  python: async () => {
    const python = pythonOfOurOwn();
    const requirements = join('examples', 'python', 'requirements.txt');
    await run(python, ['-m', 'pip', 'install', '-q', '--disable-pip-version-check', '-r', requirements]);
    return [python, join('examples', 'python', 'timer.py')];
  },
  java: async () => {
    await need('mvn', ['-q', '-B', 'package', `-Dout=${built}/java`], join('examples', 'java'));
    return ['java', '-cp', `${built}/java/*`, 'carillon.example.Timer'];
  },
  go: async () => {
    await need('go', ['build', '-o', `${built}/go`, '.'], join('examples', 'go'));
    return [`${built}/go`];
  },
};

async function need(program: string, args: readonly string[], cwd: string): Promise<void> {
  await run(program, args, { cwd }).catch((error: unknown) => {
    throw new Error(`${cwd} is built with ${program}, and that failed: install it, or see why`, {
      cause: error,
    });
  });
}

describe('a program in', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.open();
    await Promise.all([cluster.start('scheduler'), cluster.start('fire')]);
  });
  afterAll(() => cluster.close());

  it.each(Object.keys(languages))(
    '%s creates a timer, handles its event, closes it and watches its life',
    async (language) => {
      const [program, ...args] = (await languages[language]?.()) ?? [''];
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
    const anew = join('.carillon', 'python-models', 'anew.py');
    await run(process.execPath, [join('scripts', 'python-models.mjs'), anew]);
    expect(readFileSync(anew, 'utf8')).toBe(
      readFileSync(join('examples', 'python', 'carillon_messages.py'), 'utf8'),
    );
  },
  installTimeoutMs,
);

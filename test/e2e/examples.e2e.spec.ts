import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { freshDatabase } from '../harness/database.js';
import { TestProcess } from '../harness/process.js';
import { eventually } from '../harness/wait.js';

// The examples of the READMEs, as `npm run example:…` starts them, on the servers of the specs.

describe('an example', () => {
  let drop: () => Promise<void> = async () => undefined;
  let example: TestProcess | null = null;
  afterEach(async () => {
    await example?.kill();
    await drop();
  });

  const lastLines = async (name: string): Promise<string> => {
    const database = await freshDatabase();
    drop = database.drop;
    const running = TestProcess.start(name, `examples/${name}/main.js`, {
      KAFKA_BROKERS: inject('kafkaBrokers'),
      DATABASE_URL: database.url,
      TOPIC_PREFIX: `x${randomUUID().slice(0, 8)}`,
      LOG_LEVEL: 'info',
    });
    example = running;
    await eventually(`${name} has ended`, () => running.hasExited, 90_000);
    return running.lines.join('\n');
  };

  it('does every picture and every tick, the failed one again, the film where the card is (tasks)', async () => {
    const told = await lastLines('tasks');
    expect(told).toContain('made 3 tasks');
    expect(told).toContain('made 0 when asked again');
    expect(told).toContain('film.mp4 begins on graphics, epoch 1');
    expect(told).toMatch(/moon\.png begins on \w+, epoch 2/);
    expect(told).toContain('tidy:2 begins on');
    expect(told).toContain('all are done');
  });

  it('posts to a URL at a time, again where it is refused, and not where it was cancelled (delays)', async () => {
    const told = await lastLines('delays');
    expect(told).toContain('everything has ended');
    expect(told).toContain('cancelled: cancelled');
    expect(told.match(/POST \/refused-twice-2 → 503/g)).toHaveLength(2);
    expect(told.match(/POST \/refused-twice-2 → 200/g)).toHaveLength(1);
    expect(told).toContain('given up: hopeless after 4 attempts');
    expect(told).not.toContain('POST /never');
  });

  it('logs out who does not renew in time, and nobody while a renewal is under way (expiry)', async () => {
    const told = await lastLines('expiry');
    expect(told).toContain('everybody is out');
    const line = (text: string): number => told.split('\n').findIndex((each) => each.includes(text));
    expect(line('ada: renewed until')).toBeGreaterThan(0);
    expect(line('ada is logged out')).toBeGreaterThan(line('ada: renewed until'));
    expect(line('bob is logged out')).toBeGreaterThan(line('bob: the account is closed') - 2);
    expect(told).toContain('tim is logged out');
    expect(told).not.toContain('eve is logged out');
    expect(told).toContain('ada: no such session');
  });

  it('runs a job in one replica at a time, a once-job once, and hands a lock on with a higher token (cluster)', async () => {
    const told = await lastLines('cluster');
    expect(told).toContain('done');
    expect(told.match(/the first one/g)).toHaveLength(1);
    expect(told.match(/once: remind \{"invoice":17\}/g)).toHaveLength(1);
    const [first = 0, second = 0] = [...told.matchAll(/ with token (\d+)/g)].map(([, token]) =>
      Number(token),
    );
    expect(second).toBeGreaterThan(first);
  });
});

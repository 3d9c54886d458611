import { afterAll, describe, expect, it } from 'vitest';
import { Cluster, createCommand, partitions } from '../harness/cluster.js';
import { TestProcess } from '../harness/process.js';
import { eventually } from '../harness/wait.js';

type Line = Readonly<Record<string, unknown>>;

const linesOf = ({ lines }: TestProcess): Line[] => lines.map((line) => JSON.parse(line) as Line);
const secrets = {
  DATABASE_URL: 'postgresql://carillon:hush@a:hush@127.0.0.1:1/carillon?sslpassword=hush',
  KAFKA_BROKERS: '127.0.0.1:1',
  KAFKA_SASL_MECHANISM: 'plain',
  KAFKA_SASL_USERNAME: 'carillon',
  KAFKA_SASL_PASSWORD: 'hush',
};
const apps = ['scheduler', 'fire', 'api', 'hooks-demo'] as const;

describe('the log of a run', () => {
  let cluster: Cluster;
  const processes: TestProcess[] = [];
  afterAll(async () => {
    await Promise.all(processes.map((process) => process.kill()));
    await cluster.close();
  });

  it('is JSON, line by line, and a line about an event names it', async () => {
    cluster = await Cluster.open();
    const hooks = TestProcess.start('hooks-demo', 'apps/hooks-demo/src/main.js', {
      KAFKA_BROKERS: cluster.brokers,
      TOPIC_PREFIX: cluster.prefix,
    });
    processes.push(hooks);
    processes.push(...(await Promise.all([cluster.start('scheduler'), cluster.start('fire')])));
    processes.push(await cluster.start('api', { HTTP_PORT: '0' }));
    await cluster.send([
      createCommand('stumbles', {
        schedPolicyType: 'ONCE',
        schedPolicyExpr: '1ms',
        hookClass: 'demo-flaky',
        retry: { min: '1ms', max: '1ms' },
      }),
    ]);
    await eventually('it is handled', () => hooks.has('steady at last'));
    await Promise.all(processes.map((process) => process.stop()));

    for (const line of processes.flatMap(linesOf)) {
      expect(line).toMatchObject({
        level: expect.any(Number),
        time: expect.any(Number),
        pid: expect.any(Number),
      });
      expect(line.name).toMatch(/^(scheduler|relay|fire|api|hooks-demo)$/);
      expect(line.msg).toMatch(/./);
      if ('offset' in line)
        expect(line).toMatchObject({ topic: expect.any(String), partition: expect.any(Number) });
      if ('eventId' in line)
        expect(line).toMatchObject({ timerId: expect.any(String), attempt: expect.any(Number) });
    }
    const [created] = await cluster.events(`type = 'TimerCreated'`);
    const [triggered] = await cluster.events(`type = 'EventTriggered'`);
    const ids = {
      timerId: created?.stream_id,
      namespace: 'default',
      key: 'stumbles',
      eventId: triggered?.data.eventId,
    };
    const said = (msg: string) => linesOf(hooks).filter((line) => line.msg === msg);
    expect(said('handler failed; the event will be tried again')).toMatchObject([
      { ...ids, attempt: 1 },
      { ...ids, attempt: 2 },
    ]);
    // what the handler itself says names them too
    expect(said('steady at last')).toMatchObject([{ ...ids, attempt: 3 }]);
    const [scheduler] = processes.filter(({ name }) => name === 'scheduler');
    if (scheduler === undefined) throw new Error('no scheduler ran');
    expect(linesOf(scheduler).find(({ msg }) => msg === 'owns partitions')).toMatchObject({
      partitions: Array.from({ length: partitions }, (_, partition) => partition),
    });
  });

  it.each(apps)('of %s says in one line what the environment lacks', async (app) => {
    const process = TestProcess.start(app, `apps/${app}/src/main.js`, {
      KAFKA_BROKERS: '',
      DATABASE_URL: '',
    });
    await process.exited;
    await eventually('it is told', () => process.lines.length > 0);
    expect(linesOf(process)).toMatchObject([
      {
        code: 'runtime/invalid-configuration',
        problems: expect.arrayContaining([expect.stringMatching(/KAFKA/)]),
      },
    ]);
  });

  it.each(apps)('%s shows its configuration, and no secret', async (app) => {
    const process = TestProcess.start(app, `apps/${app}/src/main.js`, secrets, ['--print-config']);
    await process.exited;
    const text = await eventually('it is shown', () => {
      const shown = process.lines.join('\n');
      return shown.endsWith('}') && shown;
    });
    expect(JSON.parse(text)).toMatchObject({ KAFKA_SASL_USERNAME: 'carillon', KAFKA_SASL_PASSWORD: '***' });
    expect(text).not.toContain('hush');
  });

  it.each(apps)('of %s has no secret in it, whatever fails', async (app) => {
    // nobody answers there: what is told of that is told with all that belongs to it
    const env = { ...secrets, KAFKA_SSL: 'true', HTTP_PORT: '0', AUTH: 'keys', LOG_LEVEL: 'debug' };
    const process = TestProcess.start(app, `apps/${app}/src/main.js`, env);
    processes.push(process);
    const warn = 40;
    await eventually('something failed', () => linesOf(process).some(({ level }) => Number(level) >= warn));
    await process.kill();
    expect(process.lines.join('\n')).not.toContain('hush');
  });
});

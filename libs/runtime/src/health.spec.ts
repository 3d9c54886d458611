import { afterEach, describe, expect, it } from 'vitest';
import { freePort } from '../../embedded/src/port.js';
import { healthServer, type Readiness } from './health.js';
import { openMetrics, readGauge, secondsHistogram } from './metrics.js';
import type { Service } from './service.js';

describe('the health server', () => {
  let server: Service | null = null;
  let url = '';
  const open = async (ready: Readiness): Promise<void> => {
    const port = await freePort();
    const metrics = openMetrics('spec');
    readGauge(metrics.meter, 'spec_armed', 'what is armed', () => 7);
    secondsHistogram(metrics.meter, 'spec_lateness', 'how late').record(0.004);
    server = healthServer({ port, host: '127.0.0.1', ready, metrics });
    await server.start();
    url = `http://127.0.0.1:${port}`;
  };
  afterEach(() => server?.stop());

  it('is live while the process answers, and ready when it can work', async () => {
    let reason: string | null = 'the log does not answer';
    await open(() => reason);
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    const notReady = await fetch(`${url}/health/ready`);
    expect([notReady.status, await notReady.json()]).toEqual([503, { status: 'not ready', reason }]);
    reason = null;
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
  });

  it('is not ready when it cannot tell', async () => {
    await open(() => Promise.reject(new Error('nobody there')));
    const answer = await fetch(`${url}/health/ready`);
    expect([answer.status, await answer.json()]).toMatchObject([503, { reason: 'Error: nobody there' }]);
  });

  it('shows Prometheus what was counted', async () => {
    await open(() => null);
    const page = await (await fetch(`${url}/metrics`)).text();
    expect(page).toMatch(/^spec_armed(\{.*\})? 7/m);
    expect(page).toMatch(/spec_lateness(_seconds)?_bucket\{.*le="0.005".*\} 1/);
  });

  it('names its pages to whoever asks for another', async () => {
    await open(() => null);
    const answer = await fetch(`${url}/`);
    expect([answer.status, await answer.text()]).toEqual([404, expect.stringContaining('/health/ready')]);
  });

  it('may stand in for a server that is not there yet: what is asked there is to be asked again', async () => {
    const port = await freePort();
    const elsewhere = { status: 503, body: { code: 'not-ready' } };
    server = healthServer({ port, host: '127.0.0.1', ready: () => 'waits', elsewhere });
    await server.start();
    const answer = await fetch(`http://127.0.0.1:${port}/v1/timers`);
    expect([answer.status, await answer.json()]).toEqual([503, { code: 'not-ready' }]);
    expect((await fetch(`http://127.0.0.1:${port}/health/live`)).status).toBe(200);
  });
  it('stops when it never started, and twice', async () => {
    const idle = healthServer({ port: 0, host: '127.0.0.1', ready: () => null });
    await idle.start();
    await idle.stop();
    await idle.stop();
  });
});

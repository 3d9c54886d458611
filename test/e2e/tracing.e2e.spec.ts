import { SpanKind, trace } from '@opentelemetry/api';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { HookWorker } from '#hooks';
import { createLogger, type Service, startTracing } from '#runtime';
import { Cluster } from '../harness/cluster.js';
import { OtlpReceiver, type ReceivedSpan } from '../harness/otlp-receiver.js';
import { eventually } from '../harness/wait.js';

describe('a trace', () => {
  let cluster: Cluster;
  let collector: OtlpReceiver;
  let tracing: Service;
  let worker: HookWorker;
  const named = (name: string, traceId: string) =>
    collector.spans.find((span) => span.name === name && span.traceId === traceId);

  beforeAll(async () => {
    collector = await OtlpReceiver.open();
    for (const [name, value] of Object.entries(collector.env)) vi.stubEnv(name, value);
    // this process is the user's own: it creates timers and handles their events
    tracing = await startTracing('shop', createLogger('shop', 'silent'));
    cluster = await Cluster.open();
    await Promise.all([cluster.start('scheduler', collector.env), cluster.start('fire', collector.env)]);
    worker = new HookWorker({
      kafka: cluster.kafka,
      topicPrefix: cluster.prefix,
      groupId: `${cluster.prefix}-hooks`,
      hooks: {
        // what a handler does is within its span
        shop: (event) => {
          trace.getTracer('shop').startSpan('charge').end();
          if (event.timer.key === 'stumbles' && event.attempt === 1) throw new Error('not yet');
        },
      },
    });
    await worker.start();
  });
  afterAll(async () => {
    await worker.stop();
    await cluster.close();
    await tracing.stop();
    await collector.close();
    vi.unstubAllEnvs();
  });

  /** Creates a timer within a span of the user's; answers its trace. */
  async function within<T>(name: string, act: () => Promise<T>): Promise<string> {
    return trace.getTracer('shop').startActiveSpan(name, { kind: SpanKind.SERVER }, async (span) => {
      await act();
      span.end();
      return span.spanContext().traceId;
    });
  }
  /** Names from the root down to this span. */
  function ancestry(span: ReceivedSpan | undefined): string[] {
    if (span === undefined) return ['(missing)'];
    const parent = collector.spans.find(({ spanId }) => spanId === span.parentSpanId);
    if (span.parentSpanId === '') return [span.name];
    return [...ancestry(parent), `${span.service}: ${span.name}`];
  }
  const inTrace = async (name: string, traceId: string): Promise<ReceivedSpan> =>
    eventually(`${name} is in the trace`, () => named(name, traceId));

  it('runs through command, decision, relay, fire, hook and close', async () => {
    const client = await cluster.client();
    const traceId = await within('checkout', () =>
      client.createTimer({
        key: 'once',
        schedPolicyType: 'ONCE',
        schedPolicyExpr: '10ms',
        hookClass: 'shop',
      }),
    );
    const first = ['checkout', 'shop: send CreateTimer', 'carillon-scheduler: decide CreateTimer'];
    const fire = [...first, 'carillon-fire: fire shop'];
    const handle = [...fire, 'shop: handle shop'];
    const close = [...handle, 'carillon-scheduler: decide CloseEvent'];
    const expected = {
      'relay TimerCreated': [...first, 'carillon-scheduler: relay TimerCreated'],
      'relay EventTriggered': [...fire, 'carillon-scheduler: relay EventTriggered'],
      charge: [...handle, 'shop: charge'],
      'relay EventClosed': [...close, 'carillon-scheduler: relay EventClosed'],
    };
    for (const [name, names] of Object.entries(expected)) {
      const span = await inTrace(name, traceId);
      await eventually(`all before ${name} is there`, () => !ancestry(span).includes('(missing)'));
      expect(ancestry(span)).toEqual(names);
    }
    const fired = await inTrace('fire shop', traceId);
    expect(fired.attributes).toMatchObject({ 'carillon.key': 'once', 'carillon.attempt': 1 });
    expect(Number(fired.attributes['carillon.lateness_ms'])).toBeGreaterThanOrEqual(0);
  });

  it('holds each attempt of an event', async () => {
    const client = await cluster.client();
    const traceId = await within('stumbling', () =>
      client.createTimer({
        key: 'stumbles',
        schedPolicyType: 'ONCE',
        schedPolicyExpr: '1ms',
        hookClass: 'shop',
        retry: { min: '1ms', max: '1ms' },
      }),
    );
    const closed = await inTrace('relay EventClosed', traceId);
    await eventually('all before is there', () => !ancestry(closed).includes('(missing)'));
    expect(ancestry(closed).filter((name) => name.endsWith('fire shop'))).toHaveLength(2);
  });

  it('of its own has each later event, and names that of the command', async () => {
    const client = await cluster.client();
    const traceId = await within('subscribe', () =>
      client.createTimer({
        key: 'often',
        schedPolicyType: 'INTERVAL',
        schedPolicyExpr: '50ms',
        hookClass: 'shop',
      }),
    );
    const cause = await inTrace('decide CreateTimer', traceId);
    await inTrace('fire shop', traceId);
    const later = await eventually('a later event is traced', () =>
      collector.spans.find(
        ({ name, attributes, traceId: other }) =>
          name === 'fire shop' && attributes['carillon.key'] === 'often' && other !== traceId,
      ),
    );
    expect(later.parentSpanId).toBe('');
    expect(later.links).toMatchObject([{ traceId, spanId: cause.spanId }]);
    await inTrace('relay EventClosed', later.traceId);
    expect(
      collector.spans.filter(({ name, traceId: id }) => name === 'fire shop' && id === traceId),
    ).toHaveLength(1);
  });

  it('goes on from the one of a request by HTTP', async () => {
    const { url } = await cluster.api(collector.env);
    const [traceId, spanId] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'];
    const answer = await fetch(`${url}/v1/timers`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', traceparent: `00-${traceId}-${spanId}-01` },
      body: JSON.stringify({
        key: 'by-http',
        schedPolicyType: 'ONCE',
        schedPolicyExpr: '1ms',
        hookClass: 'shop',
      }),
    });
    expect(answer.ok).toBe(true);
    const sent = await inTrace('send CreateTimer', traceId);
    expect(sent).toMatchObject({ service: 'carillon-api', parentSpanId: spanId });
    await inTrace('handle shop', traceId);
  });

  it('is part of what the log folds to', async () => {
    expect((await cluster.verify()).findings).toEqual([]);
  });
});

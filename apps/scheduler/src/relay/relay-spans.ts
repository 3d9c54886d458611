import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { StoredEvent } from '#engine';
import { contextOf, traceparentOf } from '#kafka';

/**
 * Publishes events, those that are traced in a span each: from their commit to Kafka's acknowledgement. Who reads one of
 * them goes on from its span.
 */
export async function inRelaySpans(
  events: readonly StoredEvent[],
  publish: (events: readonly StoredEvent[]) => Promise<void>,
): Promise<void> {
  const tracer = trace.getTracer('carillon');
  const spans = events.map((event) => {
    if (event.traceparent === null) return null;
    const attributes = {
      'messaging.system': 'kafka',
      'messaging.operation.type': 'send',
      'carillon.event.type': event.type,
      'carillon.timer.id': event.timerId,
      'carillon.timer.version': event.version,
      'carillon.partition': event.partition,
      'carillon.position': Number(event.position),
    };
    return tracer.startSpan(
      `relay ${event.type}`,
      { kind: SpanKind.PRODUCER, attributes, startTime: event.recordedAt },
      contextOf(event.traceparent),
    );
  });
  try {
    await publish(
      events.map((event, index) => {
        const span = spans[index] ?? null;
        return span === null ? event : { ...event, traceparent: traceparentOf(span) ?? null };
      }),
    );
  } catch (error) {
    for (const span of spans) span?.setStatus({ code: SpanStatusCode.ERROR, message: String(error) });
    throw error;
  } finally {
    for (const span of spans) span?.end();
  }
}

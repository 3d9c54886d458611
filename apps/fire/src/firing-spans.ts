import { ROOT_CONTEXT, type Span, SpanKind, trace } from '@opentelemetry/api';
import { LRUCache } from 'lru-cache';
import type { Emission, TraceOf } from '#engine';
import { contextOf, traceparentOf } from '#kafka';
import { type TimerState, traceOfFiring } from '#timer';

/** Spans that wait for Kafka's acknowledgement; older ones, of a transaction that came to nothing, are forgotten. */
const openMax = 10_000;

/** From the decision that a timer is due to Kafka's acknowledgement, a span each: `fire billing`. */
export class FiringSpans {
  readonly #tracer = trace.getTracer('carillon');
  readonly #open = new LRUCache<string, Span>({ max: openMax });

  readonly traceOf: TraceOf = (state) => {
    const { id, spec } = state;
    const attributes = {
      'carillon.timer.id': id,
      'carillon.namespace': spec.namespace,
      'carillon.key': spec.key,
      'carillon.hook_class': spec.hookClass,
    };
    const parent = traceOfFiring(state);
    const span = this.#tracer.startSpan(
      `fire ${spec.hookClass}`,
      { kind: SpanKind.PRODUCER, attributes, links: parent === undefined ? linksOf(state) : [] },
      contextOf(parent),
    );
    const traceparent = traceparentOf(span);
    if (traceparent !== undefined && span.isRecording()) this.#open.set(traceparent, span);
    return traceparent;
  };

  emitted(emissions: readonly Emission[], acknowledgedAt: number): void {
    for (const { kind, state } of emissions) {
      const { trace: contexts, open } = state;
      const span = contexts?.event === undefined ? undefined : this.#open.get(contexts.event);
      if (span === undefined || open === null || contexts?.event === undefined) continue;
      this.#open.delete(contexts.event);
      span.setAttributes({
        'carillon.emission.kind': kind,
        'carillon.event.id': open.eventId,
        'carillon.attempt': open.attempt,
        'carillon.scheduled_for': new Date(open.scheduledFor).toISOString(),
        'carillon.lateness_ms': acknowledgedAt - open.scheduledFor,
      });
      span.end();
    }
  }
}

/** An event that has a trace of its own names the command's. */
function linksOf({ trace: contexts }: TimerState) {
  const context = trace.getSpanContext(
    contexts?.cause === undefined ? ROOT_CONTEXT : contextOf(contexts.cause),
  );
  return context === undefined ? [] : [{ context }];
}

import { type Context, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { CommandWire } from '#contract';
import { traceparentHeader, traceparentOf } from '#kafka';

/** A command on its way. Costs next to nothing where the caller has no tracer. */
export function commandSpan(command: CommandWire, topic: string, parent: Context): Span {
  return trace.getTracer('carillon').startSpan(
    `send ${command.type}`,
    {
      kind: SpanKind.PRODUCER,
      attributes: {
        'messaging.system': 'kafka',
        'messaging.operation.type': 'send',
        'messaging.destination.name': topic,
        'carillon.command.id': command.id,
        'carillon.command.type': command.type,
        ...(command.namespace !== undefined && { 'carillon.namespace': command.namespace }),
        ...(command.key !== undefined && { 'carillon.key': command.key }),
        ...(command.timerId !== undefined && { 'carillon.timer.id': command.timerId }),
      },
    },
    parent,
  );
}

/** What the scheduler goes on from; none where nobody traces. */
export function traceHeaders(span: Span): Record<string, string> {
  const traceparent = traceparentOf(span);
  return traceparent === undefined ? {} : { [traceparentHeader]: traceparent };
}

/** Ends the span with the sending. */
export async function ended<T>(span: Span, sending: Promise<T>): Promise<T> {
  try {
    return await sending;
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: String(error) });
    throw error;
  } finally {
    span.end();
  }
}

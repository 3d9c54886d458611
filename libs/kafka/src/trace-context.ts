import {
  type Context,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  trace,
} from '@opentelemetry/api';

// W3C trace contexts as headers of records: https://www.w3.org/TR/trace-context/#traceparent-header

export const traceparentHeader = 'traceparent';

/** Of version 00 alone: a later one may be longer, and is not carried. */
const traceparentLength = 55;
const traceparentForm = /^00-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})$/;

// OpenTelemetry's own reader of this one header would bring its users ten megabytes
function parse(traceparent: string): SpanContext | null {
  const [, traceId = '', spanId = '', flags = ''] = traceparentForm.exec(traceparent) ?? [];
  const context = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
  return isSpanContextValid(context) ? context : null;
}

/** What a sender wrote into the header, if it is a trace context: it is stored and sent on, so nothing else may be. */
export function readTraceparent(header: Buffer | string | undefined): string | undefined {
  if (header?.length !== traceparentLength) return undefined;
  const text = header.toString('latin1');
  return parse(text) === null ? undefined : text;
}

/** For a span whose parent is this; a root where there is none. */
export function contextOf(traceparent: string | undefined): Context {
  const parent = traceparent === undefined ? null : parse(traceparent);
  return parent === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
}

/** Undefined: nobody traces, and no context came in. */
export function traceparentOf(span: Span): string | undefined {
  const context = span.spanContext();
  if (!isSpanContextValid(context)) return undefined;
  return `00-${context.traceId}-${context.spanId}-${(context.traceFlags & 0xff).toString(16).padStart(2, '0')}`;
}

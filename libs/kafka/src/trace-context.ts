import { type Context, ROOT_CONTEXT, type Span, trace } from '@opentelemetry/api';
import { parseTraceParent } from '@opentelemetry/core';

// W3C trace contexts as headers of records: https://www.w3.org/TR/trace-context/#traceparent-header

export const traceparentHeader = 'traceparent';

/** Of version 00; a later version may be longer, and is not carried. */
const traceparentLength = 55;

/** What a sender wrote into the header, if it is a trace context: it is stored and sent on, so nothing else may be. */
export function readTraceparent(header: Buffer | string | undefined): string | undefined {
  if (header?.length !== traceparentLength) return undefined;
  const text = header.toString('latin1');
  return parseTraceParent(text) === null ? undefined : text;
}

/** For a span whose parent is this; a root where there is none. */
export function contextOf(traceparent: string | undefined): Context {
  const parent = traceparent === undefined ? null : parseTraceParent(traceparent);
  return parent === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true });
}

/** Undefined: nobody traces, and no context came in. */
export function traceparentOf(span: Span): string | undefined {
  const context = span.spanContext();
  if (!trace.isSpanContextValid(context)) return undefined;
  return `00-${context.traceId}-${context.spanId}-${(context.traceFlags & 0xff).toString(16).padStart(2, '0')}`;
}

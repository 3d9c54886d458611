import { trace } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { contextOf, readTraceparent, traceparentOf } from './trace-context.js';

const good = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('a trace context in a header', () => {
  it('is read as it is, and goes on as it is where nobody traces', () => {
    expect(readTraceparent(Buffer.from(good))).toBe(good);
    const span = trace.getTracer('spec').startSpan('any', {}, contextOf(good));
    expect(traceparentOf(span)).toBe(good);
  });
  it.each([
    ['nothing', undefined],
    ['too long', `${good}-and-more`],
    ['no hexadecimal', good.replace('a', 'g')],
    ['a trace of zeros', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`],
    ['a span of zeros', `00-0af7651916cd43dd8448eb211c80319c-${'0'.repeat(16)}-01`],
    ['a later version', good.replace('00-', '01-')],
    ['anything', 'x'.repeat(55)],
  ])('that is %s is none', (_what, header) => {
    expect(readTraceparent(header)).toBeUndefined();
    expect(traceparentOf(trace.getTracer('spec').startSpan('any', {}, contextOf(header)))).toBeUndefined();
  });
});

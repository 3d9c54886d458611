import { type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { CommandEnvelope, CommandOutcome, TimerTarget } from '#engine';
import { contextOf, traceparentOf } from '#kafka';

type Source = CommandEnvelope['source'];

/** From the reading of a command to the commit of what became of it, a span each: `decide CreateTimer`. */
export class CommandSpans {
  readonly #tracer = trace.getTracer('carillon');
  /** Of commands that were read; a partition that is lost takes its own with it. */
  readonly #open = new WeakMap<Source, Span>();

  /** The command in its own span, which what it causes belongs to. */
  begin<Reply>(envelope: CommandEnvelope<Reply>): CommandEnvelope<Reply> {
    const { content, source } = envelope;
    // it begins where it is decided
    if (content.kind === 'misplaced') return envelope;
    const type = content.kind === 'command' ? content.command.type : 'unreadable';
    const attributes = {
      'messaging.system': 'kafka',
      'messaging.operation.type': 'process',
      'messaging.destination.name': source.topic,
      'messaging.destination.partition.id': String(source.partition),
      'messaging.kafka.offset': Number(source.offset),
      'carillon.command.type': type,
      ...(content.commandId !== null && { 'carillon.command.id': content.commandId }),
      ...(content.kind === 'command' && addressOf(content.target)),
    };
    const parent = contextOf(envelope.traceparent);
    const span = this.#tracer.startSpan(`decide ${type}`, { kind: SpanKind.CONSUMER, attributes }, parent);
    this.#open.set(source, span);
    const traceparent = traceparentOf(span);
    return traceparent === undefined ? envelope : { ...envelope, traceparent };
  }

  end(outcomes: readonly CommandOutcome<unknown>[]): void {
    for (const { envelope, outcome } of outcomes) {
      const span = this.#open.get(envelope.source);
      if (span === undefined) continue;
      this.#open.delete(envelope.source);
      if (outcome.kind === 'rejected') {
        span.setAttribute('carillon.outcome', outcome.rejection.code);
        span.setStatus({ code: SpanStatusCode.ERROR, message: outcome.rejection.message });
      } else {
        const { id, version } =
          outcome.kind === 'applied' ? outcome.state : { id: outcome.timerId, version: outcome.version };
        span.setAttributes({
          'carillon.outcome': outcome.kind,
          'carillon.timer.id': id,
          'carillon.timer.version': version,
        });
      }
      span.end();
    }
  }
}

const addressOf = (target: TimerTarget) =>
  'timerId' in target
    ? { 'carillon.timer.id': target.timerId }
    : { 'carillon.namespace': target.namespace, 'carillon.key': target.key };

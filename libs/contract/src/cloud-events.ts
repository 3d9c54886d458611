// CloudEvents 1.0, Kafka protocol binding, binary mode: attributes are headers `ce_*`, the value is the data.
// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md

export const cloudEventSource = '/carillon';
export const eventTypePrefix = 'carillon.';

export interface CloudEventAttributes {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly timerId: string;
  readonly timerVersion: number;
  readonly traceparent: string | null;
}

export function cloudEventHeaders(attributes: CloudEventAttributes): Record<string, string> {
  const headers: Record<string, string> = {
    ce_specversion: '1.0',
    ce_id: attributes.id,
    ce_source: cloudEventSource,
    ce_type: attributes.type,
    ce_subject: attributes.subject,
    ce_time: attributes.time,
    ce_timerid: attributes.timerId,
    ce_timerversion: String(attributes.timerVersion),
    'content-type': 'application/json',
  };
  if (attributes.traceparent !== null) headers.traceparent = attributes.traceparent;
  return headers;
}

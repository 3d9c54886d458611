import { eventTypePrefix } from '#contract';
import type { InRecord } from '#kafka';
import type { TimerEventType } from '#timer';
import type { CountedFact } from '../log-counts.js';
import { errorOfResult } from './result-text.js';

type Body = Readonly<Record<string, unknown>>;
const bodyOf = (record: InRecord): Body => JSON.parse(record.value?.toString('utf8') ?? '{}') as Body;
const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** What the counters need of a record of the change feed; bodies are read only where they matter. */
export function countedFact(record: InRecord): CountedFact | null {
  const type = record.headers.ce_type?.toString('latin1').slice(eventTypePrefix.length) as TimerEventType;
  switch (type) {
    case 'TimerCreated':
    case 'EventGivenUp':
      return { type };
    case 'EventTriggered': {
      const { startedAt, scheduledFor } = bodyOf(record);
      return { type, lateMs: Date.parse(String(startedAt)) - Date.parse(String(scheduledFor)) };
    }
    case 'EventRedelivered':
    case 'TimerEnded':
      return { type, reason: text(bodyOf(record).reason) ?? '' };
    case 'EventRetryScheduled':
    case 'EventCancelled':
      return { type, error: text(bodyOf(record).error) };
    case 'EventClosed': {
      const { result } = bodyOf(record);
      return { type, error: errorOfResult((result as { text?: unknown } | null | undefined)?.text) };
    }
    default:
      return null;
  }
}

import type { EpochMs, TimerId } from '#timer';
import { cloudEventHeaders, eventTypePrefix } from './cloud-events.js';
import type { WireRecord } from './due-event.js';
import { momentText } from './fields.js';

/** A log event on its way to the change feed. `data` is the event's JSON text, shipped as it is stored. */
export interface FeedEvent {
  readonly timerId: TimerId;
  readonly version: number;
  readonly type: string;
  readonly recordKey: string;
  readonly nextFireAt: EpochMs | null;
  readonly commandId: string | null;
  readonly data: string;
  readonly recordedAt: EpochMs;
  readonly traceparent: string | null;
}

export function feedRecord(event: FeedEvent): WireRecord {
  const headers = cloudEventHeaders({
    id: `${event.timerId}/${event.version}`,
    type: `${eventTypePrefix}${event.type}`,
    subject: encodeURI(event.recordKey),
    time: momentText(event.recordedAt),
    timerId: event.timerId,
    timerVersion: event.version,
    traceparent: event.traceparent,
  });
  if (event.nextFireAt !== null) headers.ce_nextfireat = String(event.nextFireAt);
  if (event.commandId !== null) headers.ce_commandid = event.commandId;
  return { key: event.recordKey, value: event.data, headers };
}

export interface FeedClock {
  readonly timerId: TimerId;
  readonly version: number;
  readonly nextFireAt: EpochMs | null;
}

/** What `parseFeedClock` reads. */
export const feedClockHeaders = ['ce_timerid', 'ce_timerversion', 'ce_nextfireat'] as const;

/** What whoever follows the clocks needs: three headers, no body. Null: not one of our events. */
export function parseFeedClock(headers: Readonly<Record<string, Buffer | undefined>>): FeedClock | null {
  const [timerId, version, nextFireAt] = [headers.ce_timerid, headers.ce_timerversion, headers.ce_nextfireat];
  if (timerId === undefined || version === undefined) return null;
  return {
    timerId: timerId.toString('latin1') as TimerId,
    version: Number(version.toString('latin1')),
    nextFireAt: nextFireAt === undefined ? null : (Number(nextFireAt.toString('latin1')) as EpochMs),
  };
}

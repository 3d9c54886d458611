import type { HistoryEvent } from '../api/types.ts';
import { durationLabel, momentLabel } from '../ui/format.ts';

// Facts of the log in a person's words.

export type Tone = 'plain' | 'fire' | 'good' | 'bad' | 'held';
export interface Line {
  readonly title: string;
  readonly tone: Tone;
  readonly details: readonly string[];
}

type Data = Readonly<Record<string, unknown>>;
const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);
const moment = (value: unknown): string => (typeof value === 'string' ? momentLabel(value) : '?');

/** How long after its tick it was triggered, ms; null: it was not the schedule's. */
export function latenessMs(data: Data): number | null {
  const { scheduledFor, startedAt, at } = data;
  const began = text(startedAt) ?? text(at);
  if (typeof scheduledFor !== 'string' || began === null) return null;
  return Math.max(0, Date.parse(began) - Date.parse(scheduledFor));
}

const attempt = ({ attempt: n }: Data): string[] => (typeof n === 'number' ? [`attempt ${n}`] : []);
const worker = ({ worker: who }: Data): string[] => (text(who) === null ? [] : [`by ${text(who)}`]);
const error = ({ error: what }: Data): string[] => (text(what) === null ? [] : [String(what)]);
const reason = ({ reason: what }: Data): string[] => (text(what) === null ? [] : [String(what)]);
const ended = ({ ended: end }: Data): string[] => {
  const why = text((end as Data | undefined)?.reason);
  return why === null ? [] : [`its last: ${why}`];
};
const late = (data: Data): string[] => {
  const ms = latenessMs(data);
  return ms === null ? [] : [`${durationLabel(ms)} late`];
};

const tellers: Readonly<Record<string, (data: Data) => Line>> = {
  TimerCreated: () => ({ title: 'Created', tone: 'plain', details: [] }),
  TimerUpdated: ({ spec, watermark, summary }) => ({
    title: 'Changed',
    tone: 'plain',
    details: [
      ...Object.keys((spec as Data | undefined) ?? {}),
      ...(typeof watermark === 'string' ? [`counts from ${moment(watermark)}`] : []),
      ...(watermark === null ? ['no progress'] : []),
      ...(summary === undefined ? [] : ['summary']),
    ],
  }),
  TimerPaused: ({ token }) => ({ title: 'Paused', tone: 'held', details: token ? [`for ${token}`] : [] }),
  TimerResumed: ({ by }) => ({
    title: 'Resumed',
    tone: 'plain',
    details: by === 'limit' ? ['the pause had its limit'] : [],
  }),
  TimerEnded: (data) => ({ title: 'Ended', tone: 'plain', details: reason(data) }),
  TimerFaulted: (data) => ({ title: 'Faulted', tone: 'bad', details: reason(data) }),
  TicksDropped: (data) => ({
    title: `${String(data.count)} ticks dropped`,
    tone: 'held',
    details: [...reason(data), `${moment(data.first)} to ${moment(data.last)}`],
  }),
  ManualTriggerRequested: () => ({ title: 'Trigger asked for', tone: 'plain', details: [] }),
  EventTriggered: (data) => ({
    title: 'Fired',
    tone: 'fire',
    details: [...attempt(data), ...late(data), `for ${moment(data.scheduledFor)}`],
  }),
  EventRedelivered: (data) => ({
    title: 'Delivered again',
    tone: 'fire',
    details: [...attempt(data), ...reason(data)],
  }),
  EventRetryScheduled: (data) => ({
    title: 'Failed, to be tried again',
    tone: 'bad',
    details: [...attempt(data), ...error(data), `again at ${moment(data.nextFireAt)}`],
  }),
  EventClaimed: (data) => ({ title: 'Claimed', tone: 'plain', details: [...worker(data), ...attempt(data)] }),
  EventExtended: (data) => ({ title: 'Still at work', tone: 'plain', details: worker(data) }),
  EventClosed: (data) => ({
    title: 'Closed',
    tone: 'good',
    details: [...attempt(data), ...worker(data), ...ended(data)],
  }),
  EventGivenUp: (data) => ({
    title: 'Given up',
    tone: 'bad',
    details: [...attempt(data), ...error(data), ...ended(data)],
  }),
  EventRedriven: (data) => ({ title: 'Redriven', tone: 'plain', details: attempt(data) }),
};

const spaced = (type: string): string => {
  const words = type.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
};

export const lineOf = ({ type, data }: Pick<HistoryEvent, 'type' | 'data'>): Line =>
  tellers[type]?.(data) ?? {
    title: spaced(type),
    tone: 'plain',
    details: [...attempt(data), ...reason(data)],
  };

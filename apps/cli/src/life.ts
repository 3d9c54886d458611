import { styleText } from 'node:util';
import { eventTypePrefix } from '#contract';
import type { InRecord } from '#kafka';
import { harmless } from './output/table.js';

// The life of timers as lines for people, read from the change feed.

type Facts = Readonly<Record<string, unknown>>;

const clock = (moment: unknown): string => (typeof moment === 'string' ? moment.slice(11, 23) : '–');
const next = ({ nextFireAt }: Facts): string =>
  typeof nextFireAt === 'string' ? `next ${clock(nextFireAt)}` : 'no next';

/** What a close leaves to come. */
const after = (facts: Facts): string => {
  const ended = facts.ended as { readonly reason: string } | undefined;
  return ended === undefined ? next(facts) : `ended: ${ended.reason}`;
};

const tellers: Readonly<
  Record<
    string,
    (facts: Facts) => {
      readonly word: string;
      readonly rest: string;
      readonly colour: Parameters<typeof styleText>[0];
    }
  >
> = {
  TimerCreated: (facts) => ({ word: 'scheduled', rest: next(facts), colour: 'cyan' }),
  EventTriggered: (facts) => ({
    word: 'fired',
    rest: `${lateness(facts)} ms late · attempt ${facts.attempt}`,
    colour: 'yellow',
  }),
  EventRedelivered: (facts) => ({
    word: 'fired again',
    rest: `attempt ${facts.attempt} (${facts.reason})`,
    colour: 'yellow',
  }),
  EventRetryScheduled: (facts) => ({
    word: 'failed',
    rest: `attempt ${facts.attempt}: ${facts.error} · again at ${clock(facts.nextFireAt)}`,
    colour: 'red',
  }),
  EventClosed: (facts) => ({
    word: 'closed',
    rest: `attempt ${facts.attempt} · ${after(facts)}`,
    colour: 'green',
  }),
  EventGivenUp: (facts) => ({
    word: 'given up',
    rest: `after ${facts.attempt} attempts: ${facts.error}`,
    colour: 'red',
  }),
  TicksDropped: (facts) => ({
    word: 'dropped',
    rest: `${facts.count} ticks (${facts.reason})`,
    colour: 'gray',
  }),
  TimerEnded: (facts) => ({ word: 'ended', rest: String(facts.reason), colour: 'gray' }),
};

const lateness = ({ startedAt, scheduledFor }: Facts): number =>
  Date.parse(String(startedAt)) - Date.parse(String(scheduledFor));

/** Null: nothing that a person would want to see. */
export function lifeLine({ key, value, headers }: InRecord): string | null {
  const type = String(headers.ce_type).slice(eventTypePrefix.length);
  const tell = tellers[type];
  if (tell === undefined || value === null) return null;
  const facts = JSON.parse(value.toString('utf8')) as Facts;
  const { word, rest, colour } = tell(facts);
  const name = String(key).slice(String(key).indexOf('/') + 1);
  return `  ${clock(facts.at)}  ${harmless(name).padEnd(22)} ${styleText(colour, word.padEnd(11))} ${harmless(rest)}`;
}

import type { EpochMs } from '../brand.js';
import { spoken } from '../schedule/local-time.js';
import type { Zone } from '../schedule/zone.js';
import type { OpenEvent, TimerState } from '../state.js';
import type { HistoryFact, WhyReason } from './answer.js';
import type { Finding, Spell, Stretch, Timeline } from './timeline.js';

// Why a tick was not fired, in words. What the folded states show at its moment is told before anything is blamed.

interface Told {
  readonly timeline: Timeline;
  readonly finding: Finding;
  readonly zone: Zone;
}

export function becauseOf(timeline: Timeline, finding: Finding, zone: Zone): string {
  const { reason, drop } = finding;
  if (reason === null) return 'no reason is on record';
  const settled = drop === null || isHold(reason) ? '' : ` (settled at ${spoken(zone, drop.at)})`;
  return `${reasons[reason]({ timeline, finding, zone })}${settled}`;
}

const isHold = (reason: WhyReason): boolean => reason === 'paused' || reason === 'disabled';

const reasons: Readonly<Record<WhyReason, (told: Told) => string>> = {
  'missed-policy': (told) => `${passedUnfired(told)}, and the missed policy does not make up for it`,
  paused: heldText,
  disabled: heldText,
  'created-late': ({ timeline: { first }, zone }) =>
    `the timer was created only ${at(zone, first?.createTime)}`,
  'pre-schedule-timeout': () => 'the hook was asked whether to go on and did not answer in time',
  overlap: () => 'an earlier run was still going',
  'end-at': () => 'it lies after the end of the timer',
  excluded: () => 'its date is excluded',
  'not-created': ({ timeline: { first, history }, zone }) =>
    `the timer was created only ${at(zone, first?.createTime)}${byOf(factOf(history, 'TimerCreated'))}`,
  deleted: ({ timeline: { history }, finding: { met }, zone }) => {
    const fact = factOf(history, 'TimerDeleted');
    const deleted = `the timer was deleted${fact === undefined ? '' : ` ${at(zone, fact.event.at)}`}${byOf(fact)}`;
    return andThen(met, zone, deleted);
  },
  ended: ({ timeline: { last }, finding: { met }, zone }) =>
    met.state?.endedReason != null
      ? `the timer had ended (${met.state.endedReason})`
      : andThen(met, zone, `the timer ended (${last.state?.endedReason})`),
  faulted: ({ timeline: { last }, finding: { met }, zone }) =>
    met.state?.fault != null
      ? faultText(met.state.fault)
      : andThen(met, zone, `it is held as faulted: ${last.state?.fault}`),
  'event-open': ({ timeline: { last } }) => waitsFor(last.state?.open ?? null),
  'passed-over': () => 'the watermark or another schedule was set past it',
  late: ({ finding: { met }, zone }) =>
    andThen(met, zone, 'the fire service has not come to it', 'since then'),
};

const at = (zone: Zone, moment: EpochMs | undefined): string =>
  `at ${moment === undefined ? '?' : spoken(zone, moment)}`;
const until = (zone: Zone, { over }: Spell): string =>
  over === null ? '' : ` until ${spoken(zone, over.event.at)}`;

const factOf = (
  history: readonly HistoryFact[],
  type: HistoryFact['event']['type'],
): HistoryFact | undefined => history.find(({ event }) => event.type === type);
const byOf = (fact: HistoryFact | null | undefined): string =>
  fact?.meta?.actor === undefined ? '' : ` by ${fact.meta.actor}`;

const faultText = (fault: string): string => `the timer was held as faulted: ${fault}`;

/** An event that is not over; while its hook is being asked no close will come before the answer. */
const waitsFor = (open: OpenEvent | null): string => {
  switch (open?.phase) {
    case 'asking':
      return `the hook was asked whether to go on with event ${open.eventId}; it waits for the answer`;
    case 'delayed':
      return `the hook asked for time before event ${open.eventId}; it waits until the hook is asked again and answers`;
    case 'answered':
      return `the hook has answered; it waits for event ${open.eventId} to begin`;
    default:
      return `event ${open?.eventId ?? '?'} is still open; it waits for the close`;
  }
};

/** An event that was not over when the tick was to fire, or a question; null: none was there. */
function openText({ spells: { open, asking } }: Stretch, zone: Zone): string | null {
  if (asking !== null)
    return `the hook was still being asked whether to go on with event ${asking.key}${until(zone, asking)}`;
  if (open === null) return null;
  return `event ${open.key} ${open.over === null ? 'is' : 'was'} still open${until(zone, open)}`;
}

const andThen = (met: Stretch, zone: Zone, what: string, then = 'then'): string => {
  const open = openText(met, zone);
  return open === null ? what : `${open}, and ${then} ${what}`;
};

/** What the tick met instead of somebody to fire it; null: nothing that kept it from firing. */
function metText(history: readonly HistoryFact[], met: Stretch, zone: Zone): string | null {
  const { state, spells } = met;
  if (state?.fault != null) return faultText(state.fault);
  const hold = spells.paused ?? spells.disabled;
  return hold === null ? openText(met, zone) : holdText(history, hold, state, zone);
}

function passedUnfired({ timeline: { history }, finding: { met, drop }, zone }: Told): string {
  const beside = drop?.beside ?? null;
  return metText(history, met, zone) ?? (beside === null ? nobody : wentPast(beside, zone));
}

const nobody = 'nothing was there to fire it in time';
const wentPast = ({ eventId, startedAt }: OpenEvent, zone: Zone): string =>
  `it had not been fired when event ${eventId} began ${at(zone, startedAt)}, and that one went past it`;

function heldText({ timeline: { history }, finding: { reason, hold, dueAt, met }, zone }: Told): string {
  if (hold === null) return `the timer was ${reason}`;
  const text = holdText(history, hold, met.state, zone);
  // held only after its moment had come, it was settled with the ticks of that time
  const isLater = hold.began !== null && hold.began.event.at > dueAt;
  return isLater ? `${metText(history, met, zone) ?? nobody}, and then ${text}` : text;
}

/** `paused from … to … by ana`, where the history shows it. */
function holdText(
  history: readonly HistoryFact[],
  { name, key, began, over }: Spell,
  met: TimerState | null,
  zone: Zone,
): string {
  const since = name === 'paused' ? (key as EpochMs) : (began?.event.at ?? null);
  const who = `${byOf(began)}${name === 'paused' ? heldOnBy(history, met) : ''}`;
  const to = over === null ? null : spoken(zone, over.event.at);
  if (since === null) return `${name}${to === null ? '' : ` until ${to}`}${who}`;
  const from = spoken(zone, since);
  return `${name} ${to === null ? `since ${from}` : `from ${from} to ${to}`}${who}`;
}

/** Who held it still when whoever had begun had let go. */
function heldOnBy(history: readonly HistoryFact[], met: TimerState | null): string {
  const [oldest] = met?.pausedBy ?? [];
  if (oldest === undefined || oldest.at === met?.pausedAt) return '';
  const fact = history.find(
    ({ event }) =>
      event.type === 'TimerPaused' && event.at === oldest.at && (event.token ?? '') === oldest.token,
  );
  const who = byOf(fact);
  return who === '' ? '' : `, then${who}`;
}

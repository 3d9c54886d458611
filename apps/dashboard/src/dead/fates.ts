import type { Timer, Told } from '../api/types.ts';

/** What became of an event that was redriven from here. */
export type Fate = 'sending' | 'waiting' | 'trying again' | 'closed' | 'failed again' | 'deleted';
export interface Redriven {
  readonly timerId: string;
  readonly key: string;
  readonly eventId: string;
  readonly fate: Fate;
  /** The log has told of the redrive: what it tells before that is of an earlier attempt. */
  readonly isTold: boolean;
}

/** Of the redrives of this visit the last so many are followed. */
const followedMax = 1_000;
const over: readonly Fate[] = ['closed', 'failed again', 'deleted'];
export const isOver = ({ fate }: Redriven): boolean => over.includes(fate);

/** Before it is sent: the log may tell of it sooner than the answer comes. */
export const sending = (all: readonly Redriven[], { id, key, givenUp }: Timer): readonly Redriven[] => [
  ...all.filter(({ timerId }) => timerId !== id).slice(1 - followedMax),
  { timerId: id, key, eventId: givenUp?.eventId ?? '', fate: 'sending', isTold: false },
];

export const sent = (all: readonly Redriven[], timerId: string): readonly Redriven[] =>
  all.map((one) => (one.timerId === timerId && one.fate === 'sending' ? { ...one, fate: 'waiting' } : one));

export const refused = (all: readonly Redriven[], timerId: string): readonly Redriven[] =>
  all.filter((one) => one.timerId !== timerId);

/** The same list where it is of none of them. */
export function told(all: readonly Redriven[], { timerId, type, data }: Told): readonly Redriven[] {
  const one = all.find((each) => each.timerId === timerId);
  if (one === undefined || isOver(one)) return all;
  const next = type === 'TimerDeleted' ? { ...one, fate: 'deleted' as const } : after(one, type, data);
  return next === one ? all : all.map((each) => (each === one ? next : each));
}

const fates: Readonly<Record<string, Fate>> = {
  EventRetryScheduled: 'trying again',
  EventClosed: 'closed',
  EventGivenUp: 'failed again',
};

function after(one: Redriven, type: string, { eventId }: Told['data']): Redriven {
  if (eventId !== one.eventId) return one;
  if (type === 'EventRedriven') return { ...one, fate: 'waiting', isTold: true };
  const fate = fates[type];
  return fate === undefined || !one.isTold ? one : { ...one, fate };
}

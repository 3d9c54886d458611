import type { Timer } from '../api/types.ts';

export interface Deed {
  readonly name: string;
  readonly action: 'trigger' | 'redrive' | 'pause' | 'resume' | 'close' | 'delete';
  readonly body?: { readonly eventId: string | undefined; readonly attempt?: number | undefined };
  /** Why it cannot be done with the timer as it stands; absent: it can. */
  readonly whyNot?: string;
  /** Asked before it is done; absent: it is done at once. */
  readonly confirm?: { readonly question: string; readonly yes: string; readonly effect: string };
}

/**
 * What can be done with a timer, and what cannot just now. All of them, always in the same order: were one to take the place of another,
 * the second click of two would do what nobody asked for.
 */
export function deedsOf(timer: Timer): readonly Deed[] {
  const { key, eventId, attempt, givenUp, pausedAt, enable } = timer;
  const isOpen = eventId !== undefined;
  const isPaused = pausedAt !== undefined;
  const held = [
    [isOpen, 'an event is open: close it first'],
    [!enable, 'disabled: change that first'],
    [isPaused, 'paused: resume it first'],
  ] as const;
  return [
    { name: 'Trigger', action: 'trigger', ...unless(...held) },
    {
      name: 'Redrive',
      action: 'redrive',
      body: { eventId: givenUp?.eventId },
      ...unless([givenUp === undefined, 'no event has been given up'], ...held),
    },
    { name: 'Pause', action: 'pause', ...unless([isPaused, 'paused already']) },
    { name: 'Resume', action: 'resume', ...unless([!isPaused, 'not paused']) },
    {
      name: 'Close event',
      action: 'close',
      body: { eventId, attempt },
      ...unless([!isOpen, 'no event is open']),
      confirm: {
        question: `Close the open event of ${key}?`,
        yes: 'Yes, close it',
        effect: 'It counts as done: it is not sent again, and what a worker still answers is refused.',
      },
    },
    {
      name: 'Delete',
      action: 'delete',
      confirm: {
        question: `Delete ${key}?`,
        yes: 'Yes, delete it',
        effect: 'It will not fire again. Its history goes with it from this page.',
      },
    },
  ];
}

/** A deed that was confirmed, as the timer stands by now: while one reads the question, the event that it is about may be sent again. */
export function asItStands(asked: Deed, { eventId, attempt }: Timer): Deed {
  const { body } = asked;
  const isOfIt = asked.action === 'close' && body !== undefined && body.eventId === eventId;
  return isOfIt ? { ...asked, body: { eventId, attempt } } : asked;
}

function unless(...reasons: readonly (readonly [applies: boolean, why: string])[]): { whyNot?: string } {
  const why = reasons.find(([applies]) => applies)?.[1];
  return why === undefined ? {} : { whyNot: why };
}

import type { EpochMs } from '../brand.js';
import type { TicksDropped } from '../event.js';
import { evolve } from '../evolve.js';
import { isAsking, type OpenEvent, type TimerState } from '../state.js';
import type { HistoryFact, WhyFire, WhyReason, WhyRequest, WhyVerdict } from './answer.js';
import { FiresTold } from './fires.js';

/** How long one thing was so, as the folded states tell: a pause, a disablement, an open event, a question to the hook. */
export interface Spell {
  readonly name: SpellName;
  /** What sets it apart from the one before it. */
  readonly key: EpochMs | string;
  /** The fact that began it; null: it lies before the history. */
  readonly began: HistoryFact | null;
  /** The fact after which it was so no more; null: it is so still. */
  over: HistoryFact | null;
}

export type HoldName = 'paused' | 'disabled';
type SpellName = HoldName | 'open' | 'asking';
type Spells = Readonly<Record<SpellName, Spell | null>>;

/** The timer between two facts, and what lasts at the time. */
export interface Stretch {
  /** −∞ for what was before the first entry. */
  readonly fromMs: number;
  readonly state: TimerState | null;
  /** What a deleted timer was last. */
  readonly gone: TimerState | null;
  readonly spells: Spells;
}

export type Dropped = TicksDropped & {
  /** What was open, or asked about, when they were settled. */
  readonly beside: OpenEvent | null;
};

export interface Timeline {
  /** Oldest first; each lasts until the next one begins. Never empty. */
  readonly stretches: readonly Stretch[];
  /** All there were, oldest first. */
  readonly holds: Readonly<Record<HoldName, readonly Spell[]>>;
  readonly fires: readonly WhyFire[];
  readonly drops: readonly Dropped[];
  readonly history: readonly HistoryFact[];
  /** The first state there is: what a tick before the creation is measured by. */
  readonly first: TimerState | null;
  readonly last: Stretch;
}

/** What became of a tick, before it is put into words. */
export interface Finding {
  readonly verdict: WhyVerdict;
  readonly reason: WhyReason | null;
  readonly fire: WhyFire | null;
  readonly drop: Dropped | null;
  /** When the tick was to fire, its share of the jitter included, and the timer at that moment. */
  readonly dueAt: EpochMs;
  readonly met: Stretch;
  /** What held the timer, where that is the reason; it may have begun after `dueAt`. */
  readonly hold: Spell | null;
}

/** Folds the history, and collects what it says about ticks. */
export function readTimeline({ before, history }: Pick<WhyRequest, 'before' | 'history'>): Timeline {
  const fires = new FiresTold();
  const drops: Dropped[] = [];
  let last: Stretch = {
    fromMs: Number.NEGATIVE_INFINITY,
    state: before,
    gone: null,
    spells: spellsOf(null, before, null),
  };
  const stretches = [last];
  fires.follow(before);
  for (const recorded of history) {
    const { event } = recorded;
    if (event.type === 'TicksDropped') drops.push({ ...event, beside: last.state?.open ?? null });
    const after = evolve(last.state, recorded);
    fires.note(event, last.state);
    fires.follow(after);
    last = {
      fromMs: Math.max(last.fromMs, event.at),
      state: after,
      gone: after === null ? (last.state ?? last.gone) : null,
      spells: spellsOf(last.spells, after, recorded),
    };
    stretches.push(last);
  }
  const first = stretches.find((stretch) => stretch.state !== null)?.state ?? null;
  const holds = { paused: spellsIn(stretches, 'paused'), disabled: spellsIn(stretches, 'disabled') };
  return { stretches, holds, fires: fires.all, drops, history, first, last };
}

const spellsIn = (stretches: readonly Stretch[], name: SpellName): readonly Spell[] => [
  ...new Set(stretches.flatMap(({ spells }) => spells[name] ?? [])),
];

/** Null: it is not so. A hold goes on while somebody holds, whoever began it: `pausedAt` stays. */
const spellKeys: Readonly<Record<SpellName, (state: TimerState) => Spell['key'] | null>> = {
  paused: ({ pausedAt }) => pausedAt,
  disabled: ({ spec }) => (spec.enable ? null : 'disabled'),
  open: ({ open }) => open?.eventId ?? null,
  asking: ({ open }) => (open !== null && isAsking(open) ? open.eventId : null),
};

function spellsOf(former: Spells | null, state: TimerState | null, fact: HistoryFact | null): Spells {
  const spell = (name: SpellName): Spell | null => {
    const lasting = former?.[name] ?? null;
    const key = state === null ? null : spellKeys[name](state);
    if (lasting !== null && lasting.key === key) return lasting;
    if (lasting !== null) lasting.over = fact;
    return key === null ? null : { name, key, began: fact, over: null };
  };
  return {
    paused: spell('paused'),
    disabled: spell('disabled'),
    open: spell('open'),
    asking: spell('asking'),
  };
}

/** What the timer was at a moment, after everything that was decided then. */
export const stretchAt = ({ stretches, last }: Timeline, moment: EpochMs): Stretch =>
  stretches[countWhile(stretches, ({ fromMs }) => fromMs <= moment) - 1] ?? last;

/** How many at the beginning of a list are so, where none is so after one that is not. */
export function countWhile<T>(list: readonly T[], isSo: (item: T) => boolean): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isSo(list[middle] as T)) low = middle + 1;
    else high = middle;
  }
  return low;
}

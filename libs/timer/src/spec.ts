import type { EpochMs, TimerId } from './brand.js';

/** Opaque text of the user's, returned as it came. `base64` says how the client wishes it to be read. */
export interface Payload {
  readonly text: string;
  readonly encoding?: 'base64';
}

export const schedPolicyTypes = ['INTERVAL', 'CRON', 'ONCE', 'AFTER_FINISH', 'ROUNDED', 'ON_CLOSE'] as const;
export type SchedPolicyType = (typeof schedPolicyTypes)[number];

export interface DstPolicy {
  /** A wall-clock time that the zone skips: leave it out, or fire at the first moment after the gap. */
  readonly gap: 'skip' | 'shift';
  /** A wall-clock time that the zone repeats. */
  readonly overlap: 'first' | 'second' | 'both';
}

/** What becomes of ticks that passed unfired. */
export interface MissedRule {
  readonly policy: 'latest' | 'all' | 'skip';
  /** With `all`: at most this many are made up for, the oldest are dropped. */
  readonly max?: number;
  /** Only ticks at most this old (a duration) are made up for. */
  readonly within?: string;
}

/** Three different absences, three answers. */
export interface MissedPolicy {
  readonly serviceDown: MissedRule;
  readonly paused: MissedRule;
  readonly createdLate: MissedRule;
}

export interface RetryPolicy {
  /** Runs in all, the first among them; 0 = for ever. */
  readonly maxAttempts: number;
  readonly backoff: 'exponential' | 'fixed';
  /** Durations. */
  readonly min: string;
  readonly max: string;
  readonly jitter: boolean;
  /** Whether an attempt counts that no worker was heard of for (no claim, no heartbeat, no answer). Absent: it does. */
  readonly countUnheard?: boolean;
}

export interface PreSchedulePolicy {
  readonly enable: boolean;
  /** How long the hook may think (a duration). */
  readonly timeout: string;
  readonly onTimeout: 'fire' | 'skip';
}

/** What the children of a spawning timer are like; the rest of a child has its defaults. */
export interface ChildTemplate {
  readonly hookClass: string;
  readonly tags: readonly string[];
  readonly data: Payload | null;
  readonly ackTimeout: string;
  readonly retry: RetryPolicy;
  readonly preSchedule: PreSchedulePolicy;
  readonly maxPause: string | null;
  readonly needsClaim: boolean;
  readonly keepFor: string | null;
}

/** Each tick makes one child timer, due at once, named `<key>:<n>` where n counts the fires. */
export interface SpawnPolicy {
  readonly timer: ChildTemplate;
  /** A tick while a child is open: dropped; kept, one at most, until a child ends; or spawned beside, up to `openMax`. */
  readonly overlap: 'skip' | 'queueOne' | 'allow';
  /** Children open at a time, whatever asks for one more. */
  readonly openMax: number;
}

/** Whose child a timer is. Set when it is spawned, never by a client. */
export interface ParentRef {
  readonly timerId: TimerId;
  readonly key: string;
  /** Which of the parent's fires made it: 1, 2, … */
  readonly n: number;
}

/**
 * What the owner of a timer decides about it. Durations are kept as the text they were given
 * (`30s`, `PT90M`), and read by `durationMs`.
 */
export interface TimerSpec {
  readonly namespace: string;
  readonly key: string;
  /** The kind of consumer that handles the due event; empty: nobody, the timer closes itself. */
  readonly hookClass: string;
  readonly tags: readonly string[];
  readonly data: Payload | null;
  /** IANA name, `±hh:mm`, or empty for UTC. */
  readonly timeZone: string;
  readonly schedPolicyType: SchedPolicyType;
  readonly schedPolicyExpr: string;
  readonly enable: boolean;
  readonly startAt: EpochMs | null;
  readonly endAt: EpochMs | null;
  readonly maxFires: number | null;
  /** A duration below the interval, of `CRON` below the shortest; the share of it that is used derives from the timer's id. */
  readonly jitter: string | null;
  /** Dates (`2026-12-25`) and ranges of them (`2026-12-24/2027-01-02`) in the timer's zone; ticks on them are dropped. Absent: none. */
  readonly exclude?: readonly string[];
  readonly dst: DstPolicy;
  readonly missed: MissedPolicy;
  readonly ackTimeout: string;
  readonly retry: RetryPolicy;
  readonly preSchedule: PreSchedulePolicy;
  /** A pause ends by itself after this long (a duration); null: never. */
  readonly maxPause: string | null;
  /** An attempt belongs to nobody until it is claimed; until then it is offered again and none is used up. Absent: no. */
  readonly needsClaim?: boolean;
  /** An ended timer deletes itself after this long (a duration); absent or null: it stays. */
  readonly keepFor?: string | null;
  /** Absent or null: its ticks fire it, and make no children. */
  readonly spawn?: SpawnPolicy | null;
  readonly parent?: ParentRef;
}

export interface SpawnInput extends Partial<Omit<SpawnPolicy, 'timer'>> {
  readonly timer?: Partial<Omit<ChildTemplate, 'retry' | 'preSchedule'>> & {
    readonly retry?: Partial<RetryPolicy>;
    readonly preSchedule?: Partial<PreSchedulePolicy>;
  };
}

/** What a client gives; everything else has a default. */
export interface TimerInput
  extends Partial<
    Omit<
      TimerSpec,
      | 'namespace'
      | 'key'
      | 'dst'
      | 'missed'
      | 'retry'
      | 'preSchedule'
      | 'schedPolicyType'
      | 'spawn'
      | 'parent'
    >
  > {
  readonly schedPolicyType: string;
  readonly schedPolicyExpr: string;
  readonly dst?: Partial<DstPolicy>;
  /** One rule for all three cases, or one for each; a part left out keeps its default. */
  readonly missed?: Partial<MissedRule> & { readonly [K in keyof MissedPolicy]?: Partial<MissedRule> };
  readonly retry?: Partial<RetryPolicy>;
  readonly preSchedule?: Partial<PreSchedulePolicy>;
  readonly spawn?: SpawnInput | null;
  readonly watermark?: EpochMs | null;
  readonly summary?: Payload | null;
}

/** Parts of a timer that an update names; `null` clears where clearing has a meaning. */
export type TimerChange = Partial<TimerInput>;

import type { EpochMs } from '../brand.js';
import type { DroppedReason } from '../event.js';
import type { EndedReason } from '../state.js';

export interface PreviewRequest {
  /** How many fires to show: 1 to `previewCountMax`; the rest is cut. */
  readonly count: number;
  /** The moment of asking, epoch ms. */
  readonly from: number;
}
export const previewCountMax = 1_000;

/** Ticks between the fire before and this one that do not fire. */
export interface SkippedTicks {
  /** `dst-gap`: the zone skips that local time; `dst-overlap`: it comes twice and the timer takes the other one. */
  readonly reason: DroppedReason | 'dst-gap' | 'dst-overlap';
  readonly firstLocal: string;
  readonly lastLocal: string;
  readonly count: number;
  readonly countIsExact: boolean;
}

export interface PreviewedFire {
  /** When it fires: the tick and the timer's share of the jitter, or `from` where the tick has passed. */
  readonly fireAt: EpochMs;
  readonly tick: EpochMs;
  /** Local time of the tick, without an offset (`2027-03-28T09:00:00`), and what it is at that moment (`+02:00`). */
  readonly localTime: string;
  readonly utcOffset: string;
  readonly timeZone: string;
  /** This local time comes twice that day: which of the two it is. */
  readonly fold: 'first' | 'second' | null;
  /** The local time that was meant and that the zone skips (`dst.gap: shift`); null: nothing was shifted. */
  readonly shiftedFrom: string | null;
  readonly jitterMs: number;
  /** The tick has passed by `from` and is made up for. */
  readonly isMissed: boolean;
  readonly manualRequestId: string | null;
  readonly skipped: readonly SkippedTicks[];
  /** One sentence for a person. */
  readonly why: string;
}

export interface Preview {
  readonly fires: readonly PreviewedFire[];
  /** What will not fire after the last of them, where nothing more comes. */
  readonly skippedAfter: readonly SkippedTicks[];
  /** Why nothing comes after the last of them; null: it goes on. */
  readonly ended: EndedReason | null;
  /** Fires are shown as though the timer were let go at `from`; this is what holds it now. */
  readonly heldBy: 'paused' | 'disabled' | 'faulted' | null;
  /** Times that count from a close are shown as though each event were closed at once. */
  readonly dependsOnClose: boolean;
  /** A spec alone has no id yet, and so no share of its jitter: each fire may come this much later. */
  readonly jitterUnknown: string | null;
}

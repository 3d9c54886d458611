import type { CommandId, EpochMs } from '../brand.js';
import { decide } from '../decide.js';
import type { Rejection } from '../rejection.js';
import type { TimerChange } from '../spec.js';
import type { TimerState } from '../state.js';
import { preview } from './preview.js';
import type { Preview, PreviewedFire, PreviewRequest } from './previewed.js';
import { fold } from './rehearsal.js';

export type ChangePreview =
  | {
      readonly ok: true;
      readonly present: Preview;
      readonly proposed: Preview;
      /** Fires that the change would bring, and take away, up to the moment that both previews reach. */
      readonly added: readonly PreviewedFire[];
      readonly removed: readonly PreviewedFire[];
      /** Fires that stay. */
      readonly same: number;
    }
  /** The change would be refused, with the same reason that the command would get. */
  | { readonly ok: false; readonly rejection: Rejection };

/** What an update would do to the next fires of a timer; nothing is changed. */
export function previewChange(
  state: TimerState,
  change: TimerChange,
  request: PreviewRequest,
): ChangePreview {
  const commandId = 'previewed' as CommandId;
  const decision = decide(state, { type: 'UpdateTimer', commandId, set: change }, request.from as EpochMs);
  if (!decision.ok) return { ok: false, rejection: decision.rejection };
  const changed = fold(state, decision.events, commandId);
  const [present, proposed] = [preview(state, request), preview(changed, request)];
  const until = Math.min(reach(present), reach(proposed));
  const [before, after] = [momentsOf(present), momentsOf(proposed)];
  const isNew = (others: ReadonlySet<EpochMs>) => (fire: PreviewedFire) =>
    fire.fireAt <= until && !others.has(fire.fireAt);
  return {
    ok: true,
    present,
    proposed,
    added: proposed.fires.filter(isNew(before)),
    removed: present.fires.filter(isNew(after)),
    same: present.fires.filter(({ fireAt }) => after.has(fireAt)).length,
  };
}

const momentsOf = ({ fires }: Preview): ReadonlySet<EpochMs> => new Set(fires.map(({ fireAt }) => fireAt));

/** How far a preview tells everything: to its last fire, or for ever where nothing comes after it. */
const reach = ({ fires, ended }: Preview): number =>
  ended !== null ? Number.POSITIVE_INFINITY : (fires.at(-1)?.fireAt ?? Number.POSITIVE_INFINITY);

import type { ChangePreview, EpochMs, Preview, PreviewedFire, WhyAnswer, WhyEntry, WhyFire } from '#timer';
import { momentText } from '../fields.js';
import type { FindingWire, FireWire, OutlookWire, PreviewAnswerWire, WhyAnswerWire } from './schedule.js';

// What the schedule says, in the wire's words: moments as text, what is null is absent.

type Given<T> = { [Name in keyof T]?: NonNullable<T[Name]> };
const present = <T extends Readonly<Record<string, unknown>>>(parts: T): Given<T> =>
  Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== null)) as Given<T>;
const text = (moment: EpochMs | null): string | null => (moment === null ? null : momentText(moment));

export function fireWire(fire: PreviewedFire): FireWire {
  const { fireAt, tick, fold, shiftedFrom, manualRequestId, skipped, ...same } = fire;
  return {
    ...same,
    fireAt: momentText(fireAt),
    tick: momentText(tick),
    skipped: [...skipped],
    ...present({ fold, shiftedFrom, manualRequestId }),
  };
}

export function outlookWire({
  fires,
  skippedAfter,
  dependsOnClose,
  ended,
  heldBy,
  jitterUnknown,
}: Preview): OutlookWire {
  return {
    fires: fires.map(fireWire),
    skippedAfter: [...skippedAfter],
    dependsOnClose,
    ...present({ ended, heldBy, jitterUnknown }),
  };
}

export const changeWire = ({
  present: now,
  proposed,
  added,
  removed,
  same,
}: Extract<ChangePreview, { ok: true }>): PreviewAnswerWire => ({
  ...outlookWire(proposed),
  difference: {
    present: outlookWire(now),
    added: added.map(fireWire),
    removed: removed.map(fireWire),
    same,
  },
});

export const whyWire = (from: EpochMs, to: EpochMs, { entries, isCut }: WhyAnswer): WhyAnswerWire => ({
  from: momentText(from),
  to: momentText(to),
  findings: entries.map(findingWire),
  isCut,
});

function findingWire({ verdict, reason, first, last, count, fire, sentence }: WhyEntry): FindingWire {
  return {
    verdict,
    count,
    sentence,
    ...present({ reason, first: text(first), last: text(last) }),
    ...(fire !== null && { fire: whyFireWire(fire) }),
  };
}

function whyFireWire(fire: WhyFire): NonNullable<FindingWire['fire']> {
  const { scheduledFor, startedAt, closedAt, error, manualRequestId, ...same } = fire;
  return {
    ...same,
    scheduledFor: momentText(scheduledFor),
    startedAt: momentText(startedAt),
    ...present({ closedAt: text(closedAt), error, manualRequestId }),
  };
}

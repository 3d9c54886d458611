import type { PreviewedFire, SkippedTicks } from './previewed.js';

const skipWords: Readonly<Record<SkippedTicks['reason'], string>> = {
  'dst-gap': 'the zone skips that local time',
  'dst-overlap': 'that local time comes twice, and the timer takes the other one',
  'missed-policy': 'passed unfired; the missed policy does not make up for it',
  paused: 'passed during a pause; the missed policy does not make up for it',
  disabled: 'passed while disabled; the missed policy does not make up for it',
  'created-late': 'lies before the creation; the missed policy does not make up for it',
  'pre-schedule-timeout': 'the hook did not answer whether to go on',
  overlap: 'an earlier run was still going',
  'end-at': 'lies after the end',
  excluded: 'excluded',
};

const spaced = (local: string): string => local.replace('T', ' ');

/** `3 ticks from … to … do not fire (…)`. */
export function skipText({ reason, firstLocal, lastLocal, count, countIsExact }: SkippedTicks): string {
  const why = skipWords[reason];
  if (count === 1) return `${spaced(firstLocal)} does not fire: ${why}`;
  const number = countIsExact ? `${count}` : `at least ${count}`;
  return `${number} ticks from ${spaced(firstLocal)} to ${spaced(lastLocal)} do not fire: ${why}`;
}

/** One sentence: the local time, and whatever is not plain about it. */
export function whyOf(fire: Omit<PreviewedFire, 'why'>): string {
  const { localTime, utcOffset, timeZone, fold, shiftedFrom, jitterMs, isMissed, manualRequestId } = fire;
  const notes = [
    ...(manualRequestId === null ? [] : [`asked for by hand (${manualRequestId})`]),
    ...(shiftedFrom === null ? [] : [`stands for ${spaced(shiftedFrom)}, which the zone skips that day`]),
    ...(fold === null ? [] : [`the ${fold} of two such local times that day`]),
    ...(isMissed ? ['made up for: its time has passed'] : []),
    ...(jitterMs === 0 ? [] : [`${jitterMs} ms later by its jitter`]),
    ...fire.skipped.map((skip) => `before it, ${skipText(skip)}`),
  ];
  return [`${spaced(localTime)} ${timeZone} (${utcOffset})`, ...notes].join('; ');
}

import type { Outlook } from '../api/types.ts';
import { durationLabel } from '../ui/format.ts';

const atOnceMs = 1_000;

/**
 * What comes, in a sentence: `Every 10 s, first at once.`
 *
 * @param askedAt when the server was asked, epoch ms
 */
export function outlookSentence({ fires, ended }: Pick<Outlook, 'fires' | 'ended'>, askedAt: number): string {
  const [first] = fires;
  if (first === undefined) return 'Will not fire again.';
  const isAtOnce = Date.parse(first.fireAt) - askedAt <= atOnceMs;
  if (fires.length === 1) return isAtOnce ? 'Once, at once.' : 'Once.';
  const begin = isAtOnce ? ', first at once' : '';
  const end = ended === undefined ? '' : `, ${fires.length} times in all`;
  return `${rhythmOf(fires)}${begin}${end}.`;
}

const ones: Readonly<Record<string, string>> = {
  '1 d': 'day',
  '1 h': 'hour',
  '1 min': 'minute',
  '1 s': 'second',
};

/** What the times have in common, as far as they are shown. */
function rhythmOf(fires: Outlook['fires']): string {
  const ticks = fires.map(({ tick }) => Date.parse(tick));
  const [gap = 0, ...otherGaps] = ticks.slice(1).map((tick, index) => tick - (ticks[index] ?? tick));
  if (gap > 0 && otherGaps.every((other) => other === gap)) {
    const every = durationLabel(gap);
    return `Every ${ones[every] ?? every}`;
  }
  const [time = '', ...otherTimes] = fires.map(({ localTime }) => localTime.slice('2027-03-01T'.length));
  if (otherTimes.every((other) => other === time)) return `At ${time.replace(/:00$/, '')} on the days below`;
  return 'At the times below';
}

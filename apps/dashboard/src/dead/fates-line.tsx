import { timerPlace } from '../ui/router.ts';
import { type Fate, isOver, type Redriven } from './fates.ts';

/** Named one by one up to here, then counted only. */
const namedMax = 5;
const words: Readonly<Record<Fate, string>> = {
  sending: 'being sent',
  waiting: 'sent · waiting',
  'trying again': 'failed once more · to be tried again',
  closed: 'closed',
  'failed again': 'failed again',
  deleted: 'deleted meanwhile',
};
const fates = Object.keys(words) as readonly Fate[];

/** What became of those that were redriven from this page; it is there before anything is, so that a change is read out. */
export function FatesLine({ redriven }: { readonly redriven: readonly Redriven[] }) {
  const counts = fates
    .map((fate) => [fate, redriven.filter((one) => one.fate === fate).length] as const)
    .filter(([, count]) => count > 0);
  // those that somebody may still want to look at come first
  const named = [
    ...redriven.filter(({ fate }) => fate === 'failed again'),
    ...redriven.filter((one) => !isOver(one)),
    ...redriven.filter(({ fate }) => fate === 'closed' || fate === 'deleted'),
  ].slice(0, namedMax);
  return (
    <div role="status" className="fates">
      {redriven.length > namedMax && (
        <p>
          {redriven.length} redriven: {counts.map(([fate, count]) => `${count} ${words[fate]}`).join(', ')}
        </p>
      )}
      {named.map(({ timerId, key, fate }) => (
        <p key={timerId}>
          <a href={timerPlace(timerId)}>{key}</a>{' '}
          <span className={`status status-${tones[fate]}`}>{words[fate]}</span>
        </p>
      ))}
    </div>
  );
}

const tones: Readonly<Record<Fate, string>> = {
  sending: 'open',
  waiting: 'open',
  'trying again': 'paused',
  closed: 'waiting',
  'failed again': 'faulted',
  deleted: 'ended',
};

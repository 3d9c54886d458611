import type { SimulationSettings, Wraps } from '#testing';
import {
  attemptNotCounted,
  closedAgain,
  endsUnheard,
  notFenced,
  rehooksWhatIsOpen,
  secondEventOpens,
  tickSwallowed,
  watermarkBack,
} from './deciding.js';
import {
  dropsAhead,
  noSnapshots,
  notSentOn,
  owesNothing,
  readsAhead,
  spreadsAhead,
  undrained,
} from './growing.js';
import {
  appliedTwice,
  commandsSkipped,
  commitDenied,
  emissionLost,
  everythingInMemory,
  feedBackwards,
  feedSkips,
  firesEarly,
  pendingForgotten,
  repeatedUnderAnotherId,
  stateBesideLog,
  writesAfterItsSession,
} from './storing.js';

// The product with one promise broken at a time, by what stands around its parts. Each must be found by the simulation.

export interface Mutant {
  readonly promise: number;
  readonly what: string;
  /** Made anew for each run: some remember what they have seen. */
  readonly wraps: () => Wraps;
  /** What it takes to find it; chance decides the rest. */
  readonly within?: Pick<SimulationSettings, 'plan' | 'faults'> | undefined;
}

const retained: Mutant['within'] = { plan: { retains: true } };
const owing: Mutant['within'] = { ...retained, faults: ['brokerAway'] };
const expanded: Mutant['within'] = { plan: { expands: true } };
const lagging: Mutant['within'] = { ...expanded, faults: ['kill', 'slowDatabase'] };
const interrupted: Mutant['within'] = { ...expanded, faults: ['kill', 'freeze'] };

export const mutants: readonly Mutant[] = [
  { promise: 1, what: "fires by the process's own clock", wraps: firesEarly },
  { promise: 2, what: 'never sends again what was not acknowledged', wraps: pendingForgotten },
  { promise: 2, what: 'marks emissions as sent that were not', wraps: emissionLost },
  { promise: 2, what: 'drops missed ticks without a word', wraps: tickSwallowed },
  { promise: 2, what: 'does not tell a parent that its child has ended', wraps: endsUnheard },
  { promise: 3, what: 'opens another event when nobody answers', wraps: secondEventOpens },
  { promise: 4, what: 'lets a second close win as well', wraps: closedAgain },
  { promise: 5, what: "applies a former attempt's answer", wraps: notFenced },
  {
    promise: 5,
    what: 'gives an open event to another hook class',
    wraps: rehooksWhatIsOpen,
    within: { faults: ['slowDatabase'] },
  },
  { promise: 6, what: 'delivers again without counting the attempt', wraps: attemptNotCounted },
  { promise: 6, what: 'repeats an emission under another event id', wraps: repeatedUnderAnotherId },
  { promise: 7, what: 'keeps a state that the log does not give', wraps: stateBesideLog },
  { promise: 8, what: 'applies records again that were applied before', wraps: appliedTwice },
  { promise: 8, what: 'moves an offset past a command', wraps: commandsSkipped },
  {
    promise: 7,
    what: 'stood still, and writes though its session has ended',
    wraps: writesAfterItsSession,
    within: { faults: ['stallAtCall'] },
  },
  { promise: 8, what: 'takes a commit for a failure, without a fence', wraps: commitDenied },
  { promise: 7, what: 'drops a day before its timers have snapshots', wraps: noSnapshots, within: retained },
  { promise: 2, what: 'drops a day that owed dead letters are told from', wraps: owesNothing, within: owing },
  { promise: 11, what: 'drops a day that is not on the feed yet', wraps: dropsAhead, within: retained },
  {
    promise: 11,
    what: 'spreads the log before the feed is at its end',
    wraps: spreadsAhead,
    within: lagging,
  },
  { promise: 11, what: 'reads new partitions before the log has them', wraps: readsAhead, within: expanded },
  {
    promise: 11,
    what: 'spreads the log before the old partitions are applied',
    wraps: undrained,
    within: interrupted,
  },
  {
    promise: 8,
    what: 'takes a command of the other database for its own',
    wraps: notSentOn,
    within: { plan: { databases: 2 } },
  },
  { promise: 9, what: 'reads everything into memory', wraps: everythingInMemory },
  { promise: 10, what: 'sets the watermark back at a close', wraps: watermarkBack },
  { promise: 11, what: 'skips events of the log on the feed', wraps: feedSkips },
  { promise: 11, what: 'publishes a batch backwards', wraps: feedBackwards },
];

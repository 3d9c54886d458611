import type { Command } from 'commander';
import { byExitCode, count, positive } from '../arguments.js';
import {
  closeEvent,
  createTimer,
  deleteTimer,
  pauseTimer,
  resumeTimer,
  triggerTimer,
  updateTimer,
} from './changes.js';
import { withConditionFlags } from './condition.js';
import { withFixedFlags, withTimerFlags } from './input.js';
import { getTimer, listTimers, nextFires, timerHistory, watchTimers, whyTimer } from './reads.js';

export function addTimers(program: Command): void {
  const timers = program.command('timers').description('look at timers and change them');
  addSearches(timers);
  addReads(timers);
  addChanges(timers);
}

function addSearches(timers: Command): void {
  withConditionFlags(timers.command('list').description('timers that fit every condition'))
    .option('--limit <n>', 'at most so many', count, '100')
    .option('--json', 'for programs')
    .action(byExitCode(listTimers));
  withConditionFlags(timers.command('watch').description('changes as they happen, until Ctrl-C'))
    .option('--count <n>', 'end after so many changes', count)
    .option('--json', 'a line of JSON each')
    .action(byExitCode(watchTimers));
}

const one = (timers: Command, name: string, what: string): Command =>
  timers
    .command(name)
    .argument('<timer>', 'its key, or its id')
    .description(what)
    .option('-n, --namespace <name>', 'where the key is looked for', 'default')
    .option('--json', 'for programs');

function addReads(timers: Command): void {
  one(timers, 'get', 'all that is known of a timer')
    .option('--at <moment>', 'as it was then (RFC 3339)')
    .option('--as-of <version>', 'as it was at this version', count)
    .action(byExitCode(getTimer));
  one(timers, 'history', 'its log, oldest first, also of one that was deleted')
    .option('--from <moment>', 'recorded then or later (RFC 3339)')
    .option('--to <moment>', 'recorded before (RFC 3339)')
    .option('--limit <n>', 'at most so many', count, '1000')
    .option('--newest', 'the last ones, where there are more')
    .action(byExitCode(timerHistory));
  one(timers, 'next', 'the fires to come, each with its why')
    .option('--count <n>', 'so many', count, '10')
    .action(byExitCode(nextFires));
  one(timers, 'why', 'why it fired, or did not, tick by tick')
    .option('--from <moment>', 'default: a day before --to')
    .option('--to <moment>', 'default: now')
    .action(byExitCode(whyTimer));
}

const change = (timers: Command, name: string, what: string): Command =>
  one(timers, name, what)
    .option('--if-version <version>', 'refuse if it has changed since', count)
    .option('--actor <name>', 'who asks; kept in the history')
    .option('--command-id <uuid>', 'the same id again gets the first outcome again')
    .option('--timeout <seconds>', 'how long to wait for the outcome', positive, '10');

function addChanges(timers: Command): void {
  withFixedFlags(withTimerFlags(change(timers, 'create', 'make a timer'))).action(byExitCode(createTimer));
  withTimerFlags(change(timers, 'update', 'change what is named; --set field=null clears')).action(
    byExitCode(updateTimer),
  );
  change(timers, 'trigger', 'fire now, beside its schedule').action(byExitCode(triggerTimer));
  change(timers, 'close', 'close its open event, as its hook would')
    .option('--event <id>', 'this event; default: the one that is open')
    .option('--attempt <n>', 'with --event: this attempt', count)
    .option('--result <text>', 'what came of it')
    .action(byExitCode(closeEvent));
  change(timers, 'pause', 'hold it')
    .option('--token <text>', 'one of several who hold it')
    .action(byExitCode(pauseTimer));
  change(timers, 'resume', 'let it go on; without --token whoever holds it lets go')
    .option('--token <text>', 'of the one who lets go')
    .action(byExitCode(resumeTimer));
  change(timers, 'delete', 'remove it; its history stays').action(byExitCode(deleteTimer));
}

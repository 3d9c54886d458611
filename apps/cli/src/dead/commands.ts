import type { Command } from 'commander';
import { byExitCode, count, positive } from '../arguments.js';
import { listDead, redriveDead } from './dead.js';

export function addDead(program: Command): void {
  const dead = program.command('dead').description('events that were given up');
  dead
    .command('list')
    .description('timers whose last event was given up, with the error')
    .option('-n, --namespace <name>', 'of this namespace alone')
    .option('--hook-class <class>', 'of this hook class alone')
    .option('--limit <n>', 'at most so many', count, '100')
    .option('--json', 'for programs')
    .action(byExitCode(listDead));
  dead
    .command('redrive')
    .argument('[keys...]', 'keys in --namespace')
    .description('open given-up events again; exit code 1 if one of them was refused')
    .option('--all', 'all that `dead list` shows with these options')
    .option('-n, --namespace <name>', 'default: the namespace default; with --all: every one')
    .option('--hook-class <class>', 'with --all: of this hook class alone')
    .option('--limit <n>', 'with --all: at most so many', count, '1000')
    .option('--rate <n>', 'events a second', positive, '10')
    .option('--actor <name>', 'who asks; kept in the history')
    .option('--json', 'for programs')
    .action(byExitCode(redriveDead));
}

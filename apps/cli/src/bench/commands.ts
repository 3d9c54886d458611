import type { Command } from 'commander';
import { byExitCode, count, positive } from '../arguments.js';
import { benchCommand, timersMax } from './bench.js';

export function addBench(program: Command): void {
  program
    .command('bench')
    .description(
      `a small load on the installation that runs: timers are made, fire, are closed and deleted; at most ${timersMax}; exit code 1 if one did not come back`,
    )
    .option('--timers <n>', 'so many', count, '200')
    .option('--rate <n>', 'fires a second', positive, '50')
    .option('--json', 'for programs')
    .action(byExitCode(benchCommand));
}

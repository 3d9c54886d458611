import type { Command } from 'commander';
import { byExitCode } from '../arguments.js';
import { locksCommand } from '../locks/locks.js';
import { doctorCommand } from './doctor.js';

/** For whoever is paged at night. */
export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description(
      'Kafka, Postgres, clocks, topics, versions, processes: what is wrong and what to do; exit code 1 if something is',
    )
    .option('--json', 'for programs')
    .action(byExitCode(doctorCommand));
  program
    .command('locks')
    .description('leases: who holds what, until when, with which fencing token')
    .option('-n, --namespace <name>', 'of this namespace alone')
    .option('--key-prefix <text>', 'of timers whose keys begin so', 'mutex/')
    .option('--all', 'those that have ended, too')
    .option('--json', 'for programs')
    .action(byExitCode(locksCommand));
}

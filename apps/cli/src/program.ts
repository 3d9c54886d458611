import { Command } from 'commander';
import { addApply } from './apply/commands.js';
import { byExitCode } from './arguments.js';
import { rebuildCommand, verifyCommand } from './audit.js';
import { addBench } from './bench/commands.js';
import { addCompletion } from './completion/commands.js';
import { addDead } from './dead/commands.js';
import { addDoctor } from './doctor/commands.js';
import { addImport } from './import/commands.js';
import { addKeys } from './keys/commands.js';
import { migrateCommand } from './migrate.js';
import { setOffsetCommand } from './offsets/set-offset.js';
import { addPartitions } from './partitions/commands.js';
import { addRetention } from './retention/commands.js';
import { addTasks } from './tasks/commands.js';
import { addTimers } from './timers/commands.js';
import { tzCheckCommand } from './tz-check.js';

/** The whole command line; nothing runs until it is given words. */
export function carillon(): Command {
  const program = new Command('carillon').description('Durable timers on Kafka and Postgres.').exitOverride();
  program
    .command('up')
    .description('start everything on this machine: Kafka, Postgres, scheduler, fire, api, a demo hook')
    .action(async () => {
      // only here: no other command needs the servers' code
      const { upCommand } = await import('./up.js');
      // the servers' guards and their pipes must not keep a stopped process alive
      process.exit(await upCommand());
    });
  addTimers(program);
  addTasks(program);
  addDead(program);
  addApply(program);
  addImport(program);
  addDoctor(program);
  addPartitions(program);
  addKeys(program);
  addCare(program);
  addRetention(program);
  addBench(program);
  addCompletion(program);
  return program;
}

/** What looks after the database. */
function addCare(program: Command): void {
  program
    .command('migrate')
    .description("bring the database to this version's schema, before a roll-out; safe to run twice")
    .action(byExitCode(() => migrateCommand()));
  program
    .command('verify')
    .description('prove that folding the log gives the state; exit code 1 if it does not')
    .option('--json', 'for programs')
    .action(byExitCode(verifyCommand));
  program
    .command('tz-check')
    .description(
      'timers whose next time another edition of the zone data would move; exit code 1 if there are any',
    )
    .option('--json', 'for programs')
    .action(byExitCode((options: { json?: boolean }) => tzCheckCommand(options)));
  program
    .command('rebuild')
    .description('make the state anew from the log; exit code 1 if a timer was left as it is')
    .option('--remove-unlogged', 'also take away timers of which the log has no event at all')
    .action(byExitCode((options: { removeUnlogged?: boolean }) => rebuildCommand(options)));
  program
    .command('offsets')
    .description('stored Kafka offsets')
    .command('set <topic> <partition> <offset>')
    .description('read a partition from here on; for a topic made anew or a database restored')
    .option('--yes', 'also while schedulers run')
    .action(byExitCode(setOffsetCommand));
}

#!/usr/bin/env node
import { Command } from 'commander';
import { rebuildCommand, setOffsetCommand, verifyCommand } from './audit.js';
import { tzCheckCommand } from './tz-check.js';
import { upCommand } from './up.js';

const program = new Command('carillon').description('Durable timers on Kafka and Postgres.');
const exitWith = async (code: Promise<number>): Promise<void> => {
  process.exitCode = await code;
};

program
  .command('up')
  .description('start everything on this machine: Kafka, Postgres, scheduler, fire, api, a demo hook')
  // the servers' guards and their pipes must not keep a stopped process alive
  .action(async () => process.exit(await upCommand()));
program
  .command('verify')
  .description('prove that folding the log gives the state; exit code 1 if it does not')
  .option('--json', 'for programs')
  .action((options: { json?: boolean }) => exitWith(verifyCommand(options)));
program
  .command('tz-check')
  .description(
    'timers whose next time another edition of the zone data would move; exit code 1 if there are any',
  )
  .option('--json', 'for programs')
  .action((options: { json?: boolean }) => exitWith(tzCheckCommand(options)));
program
  .command('rebuild')
  .description('make the state anew from the log')
  .action(() => exitWith(rebuildCommand()));
program
  .command('offsets')
  .description('stored Kafka offsets')
  .command('set <topic> <partition> <offset>')
  .description('read a partition from here on; for a topic made anew or a database restored')
  .action((topic: string, partition: string, offset: string) =>
    exitWith(setOffsetCommand(topic, partition, offset)),
  );

await program.parseAsync();

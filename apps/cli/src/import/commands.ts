import type { Command } from 'commander';
import { byExitCode } from '../arguments.js';
import { importCronJobs, importCrontab, importPgBoss } from './import.js';

/** Each writes a file for `apply`, to be read before it is applied. */
export function addImport(program: Command): void {
  const imports = program
    .command('import')
    .description('schedules of others as a file for `apply`; exit code 1 if something was left out');
  imports
    .command('crontab')
    .argument('<file>', 'a crontab; - reads standard input')
    .description('lines of a crontab; the command, its user and input become the data')
    .option(
      '--system',
      'a user stands before each command; known by itself below /etc/cron.d and of /etc/crontab',
    )
    .option('--hook-class <class>', 'who runs them', 'cron')
    .option('--time-zone <zone>', 'of lines without CRON_TZ', 'UTC')
    .option('--name <text>', 'begins each key; default: the name of the file')
    .action(byExitCode(importCrontab));
  imports
    .command('k8s-cronjobs')
    .argument('<file>', 'YAML or JSON, a List too; - reads standard input')
    .description('CronJobs of Kubernetes; the jobTemplate becomes the data')
    .option('--hook-class <class>', 'who runs them', 'k8s-job')
    .action(byExitCode(importCronJobs));
  imports
    .command('pg-boss')
    .argument('[file]', 'rows of its schedule table as JSON; default: standard input')
    .description('schedules of pg-boss; a queue becomes a hook class')
    .option('--database <url>', 'read them there instead')
    .option('--schema <name>', 'with --database: where pg-boss keeps its tables', 'pgboss')
    .action(byExitCode(importPgBoss));
}

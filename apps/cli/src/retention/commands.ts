import type { Command } from 'commander';
import { byExitCode, count } from '../arguments.js';
import { retentionCommand } from './retention.js';

export function addRetention(program: Command): void {
  program
    .command('retention')
    .description(
      'what would be dropped from the log and archived, by the days given here or in the environment; with --now, do it',
    )
    .option('--log-days <n>', 'days that the log is kept (LOG_RETENTION_DAYS)', count)
    .option('--ended-days <n>', 'days until an ended timer is archived (ENDED_RETENTION_DAYS)', count)
    .option('--archive-days <n>', 'days until an archived one is forgotten (ARCHIVE_RETENTION_DAYS)', count)
    .option('--now', 'do it, with progress on standard error; it may be stopped at any moment and run again')
    .option('--json', 'for programs')
    .action(byExitCode(retentionCommand));
}

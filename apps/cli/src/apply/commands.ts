import type { Command } from 'commander';
import { byExitCode } from '../arguments.js';
import { withConditionFlags } from '../timers/condition.js';
import { applyCommand } from './apply.js';
import { exportCommand } from './export.js';

export function addApply(program: Command): void {
  program
    .command('apply')
    .description('make the timers those of a file, after showing what that changes')
    .requiredOption('-f, --file <file>', 'YAML or JSON; - reads standard input')
    .option('--plan', 'show only; exit code 4 if there is something to do')
    .option('--prune', "delete what the file's owner no longer has in it")
    .option('--yes', 'do not ask')
    .option('--actor <name>', 'who asks; kept in the history')
    .option('--json', 'for programs; asks nobody, so with --plan or --yes')
    .action(byExitCode(applyCommand));
  withConditionFlags(program.command('export').description('timers as a file for `apply`'))
    .option('--owner <name>', 'whose file it becomes')
    .action(byExitCode(exportCommand));
}

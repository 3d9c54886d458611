import { Argument, type Command } from 'commander';
import { byExitCode } from '../arguments.js';
import { completionScript, type Shell, shells } from './completion.js';

export function addCompletion(program: Command): void {
  program
    .command('completion')
    .addArgument(new Argument('<shell>', 'bash, zsh or fish').choices(shells))
    .description('a script that completes commands and options: source <(carillon completion bash)')
    .action(
      byExitCode(async (shell: Shell) => {
        process.stdout.write(completionScript(program, shell));
        return 0;
      }),
    );
}

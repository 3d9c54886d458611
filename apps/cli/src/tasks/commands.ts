import type { Command } from 'commander';
import { defaultTaskNamespace, taskStatuses } from '#tasks/model';
import { byExitCode, count } from '../arguments.js';
import { cancelTask, completeTask } from './changes.js';
import { getTask, listCronTasks, listTasks } from './reads.js';

/** Tasks of the task library: work that one runner has at a time. */
export function addTasks(program: Command): void {
  const tasks = program.command('tasks').description('tasks: who runs what, how far it is, what came of it');
  const sub = (name: string, what: string): Command =>
    tasks
      .command(name)
      .description(what)
      .option('-n, --namespace <name>', 'where tasks live', defaultTaskNamespace)
      .option('--json', 'for programs');
  sub('list', 'tasks that fit every condition, the oldest first')
    .option('--executor <name>', 'of this executor')
    .option('--status <status...>', taskStatuses.join(', '))
    .option('--label <name=value...>', 'that ask for a runner with these labels')
    .option('--parent <id>', 'made by this cron task')
    .option('--limit <n>', 'at most so many', count, '100')
    .action(byExitCode(listTasks));
  sub('get', 'all that is known of a task').argument('<id>').action(byExitCode(getTask));
  sub('cron', 'cron tasks, with what they made').action(byExitCode(listCronTasks));
  sub('cancel', 'let no run follow; one under way may still be completed')
    .argument('<id>')
    .action(byExitCode(cancelTask));
  sub('complete', "give it its result in its runner's place")
    .argument('<id>')
    .option('--failed <error>', 'it failed; default: it succeeded')
    .option('--actor <name>', 'who completes it, kept as its runner', 'carillon-cli')
    .action(byExitCode(completeTask));
}

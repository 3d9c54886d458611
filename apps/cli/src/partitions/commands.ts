import type { Command } from 'commander';
import { byExitCode, count } from '../arguments.js';
import { expandCommand } from './expand.js';
import { partitionsCommand } from './show.js';

export function addPartitions(program: Command): void {
  const partitions = program
    .command('partitions')
    .description('who owns what and how it fares, and how many there are (reads Kafka and Postgres)');
  partitions
    .command('show', { isDefault: true })
    .description(
      'partition by partition: who owns it, what waits, what is armed and how late it is (reads Kafka and Postgres)',
    )
    .option('--json', 'for programs')
    .action(byExitCode(partitionsCommand));
  partitions
    .command('expand')
    .argument('<count>', 'a larger power of two up to 256', count)
    .description(
      'spread a running system over more partitions; nothing stops, and run again it goes on where it stopped',
    )
    .option('--timeout <seconds>', 'how long to wait for what does not come', count, '120')
    .action(byExitCode(expandCommand));
}

import type { Command } from 'commander';
import { byExitCode, count } from '../arguments.js';
import { createKey, listKeys, revokeKey } from './keys.js';

export function addKeys(program: Command): void {
  const keys = program
    .command('keys')
    .description('API keys of an api with AUTH=keys (all of them work on Postgres)');
  keys
    .command('create')
    .argument('<name>', 'who or what it is for; the actor of its commands is `key:<name>`')
    .description('make a key and show it, this once')
    .requiredOption(
      '--grant <grant...>',
      '`<namespace>:<role>`, as in `billing:operator` or `*:reader`; roles: reader, operator, admin',
    )
    .option('--expires <moment>', 'RFC 3339; default: never')
    .option('--actor <name>', 'who makes it; default: the user of this machine')
    .option('--json', 'for programs')
    .action(byExitCode(createKey));
  keys
    .command('list')
    .description('keys with what they may, and who made and who revoked them; never the keys themselves')
    .option('--limit <n>', 'at most so many', count, '100')
    .option('--json', 'for programs')
    .action(byExitCode(listKeys));
  keys
    .command('revoke')
    .argument('<id>', 'as `keys list` shows it')
    .description('let nobody in by it any more; each api sees it within seconds')
    .option('--actor <name>', 'who revokes it; default: the user of this machine')
    .option('--json', 'for programs')
    .action(byExitCode(revokeKey));
}

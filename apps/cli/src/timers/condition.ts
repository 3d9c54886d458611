import type { Command } from 'commander';
import { type TimerConditionWire, timerStatuses } from '#contract';
import { UsageError } from '../errors/exit-codes.js';

export interface ConditionFlags {
  readonly namespace?: string;
  readonly keyPrefix?: string;
  readonly status?: readonly string[];
  readonly tag?: readonly string[];
  readonly hookClass?: string;
  readonly dueFrom?: string;
  readonly dueBefore?: string;
  readonly givenUp?: boolean;
}

export const withConditionFlags = (command: Command): Command =>
  command
    .option('-n, --namespace <name>', 'of this namespace alone')
    .option('--key-prefix <text>', 'keys that begin so')
    .option('--status <status...>', timerStatuses.join(', '))
    .option('--tag <tag...>', 'with all of these tags')
    .option('--hook-class <class>', 'of this hook class')
    .option('--due-from <moment>', 'next fire at this moment or later (RFC 3339)')
    .option('--due-before <moment>', 'next fire before this moment (RFC 3339)')
    .option('--given-up', 'whose last event was given up');

/** @throws UsageError for a status that is none */
export function conditionOf(flags: ConditionFlags): TimerConditionWire {
  const { status, tag, ...same } = flags;
  const unknown = status?.find((one) => !(timerStatuses as readonly string[]).includes(one));
  if (unknown !== undefined) throw new UsageError(`--status ${unknown}: one of ${timerStatuses.join(', ')}`);
  const named = ['namespace', 'keyPrefix', 'hookClass', 'dueFrom', 'dueBefore', 'givenUp'] as const;
  return {
    ...Object.fromEntries(named.flatMap((name) => (same[name] === undefined ? [] : [[name, same[name]]]))),
    ...(status !== undefined && { status: status as (typeof timerStatuses)[number][] }),
    ...(tag !== undefined && { tags: tag }),
  };
}

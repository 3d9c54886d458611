import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { TimerChangeWire } from '#contract';
import { count } from '../arguments.js';
import { UsageError } from '../errors/exit-codes.js';
import { yamlDocuments } from '../yaml-documents.js';

/** Options of `create` and `update`, as commander reads them. */
export interface TimerFlags {
  readonly cron?: string;
  readonly interval?: string;
  readonly once?: string;
  readonly afterFinish?: string;
  readonly timeZone?: string;
  readonly hookClass?: string;
  readonly tag?: readonly string[];
  readonly data?: string;
  readonly startAt?: string;
  readonly endAt?: string;
  readonly maxFires?: string;
  readonly spec?: string;
  readonly set?: readonly string[];
}

const policies = { cron: 'CRON', interval: 'INTERVAL', once: 'ONCE', afterFinish: 'AFTER_FINISH' } as const;
const plainFields = ['timeZone', 'hookClass', 'data', 'startAt', 'endAt'] as const;

/** What a timer has from its creation to its end. */
export const withFixedFlags = (command: Command): Command =>
  command
    .option('--hook-class <class>', 'who handles its events')
    .option('--data <text>', 'payload, handed to the hook as it is');

export const withTimerFlags = (command: Command): Command =>
  command
    .option('--cron <expr>', "when: five or six cron fields, '@daily', '@every 5m'")
    .option('--interval <duration>', 'when: every so often, 30s')
    .option('--once <when>', 'when: once, after a duration or at a moment (RFC 3339)')
    .option('--after-finish <duration>', 'when: so long after each close')
    .option('--time-zone <zone>', 'IANA name, such as Europe/Paris')
    .option('--tag <tag...>', 'its tags')
    .option('--start-at <moment>', 'no fire before (RFC 3339)')
    .option('--end-at <moment>', 'no fire after (RFC 3339)')
    .option('--max-fires <n>', 'ends after so many fires', count)
    .option('--spec <file>', 'fields from a JSON or YAML file; - reads standard input')
    .option('--set <field=value...>', 'any other field, its value as JSON: --set enable=false');

/** The fields that the flags name; later ones win: file, single flags, `--set`. @throws UsageError */
export function fieldsOf(flags: TimerFlags): TimerChangeWire {
  const fields: Record<string, unknown> = { ...fileFields(flags.spec), ...policyFields(flags) };
  for (const name of plainFields) if (flags[name] !== undefined) fields[name] = flags[name];
  if (flags.tag !== undefined) fields.tags = flags.tag;
  if (flags.maxFires !== undefined) fields.maxFires = Number(flags.maxFires);
  for (const pair of flags.set ?? []) Object.assign(fields, setField(pair));
  return fields;
}

function policyFields(flags: TimerFlags): Record<string, string> {
  const given = (Object.keys(policies) as (keyof typeof policies)[]).filter(
    (name) => flags[name] !== undefined,
  );
  const [name] = given;
  if (given.length > 1) throw new UsageError(`one schedule, not ${given.length}: ${given.join(', ')}`);
  if (name === undefined) return {};
  return { schedPolicyType: policies[name], schedPolicyExpr: flags[name] ?? '' };
}

function fileFields(file: string | undefined): object {
  if (file === undefined) return {};
  const [fields, ...more] = yamlDocuments(readFileSync(file === '-' ? 0 : file, 'utf8'));
  if (more.length > 0 || typeof fields !== 'object' || fields === null || Array.isArray(fields))
    throw new UsageError(`${file} does not hold the fields of a timer`);
  return fields;
}

function setField(pair: string): Record<string, unknown> {
  const at = pair.indexOf('=');
  if (at < 1) throw new UsageError(`--set ${pair}: field=value is meant`);
  const [name, text] = [pair.slice(0, at), pair.slice(at + 1)];
  try {
    return { [name]: JSON.parse(text) as unknown };
  } catch {
    // a word is a string: `--set jitter=5s` needs no quotes within quotes
    return { [name]: text };
  }
}

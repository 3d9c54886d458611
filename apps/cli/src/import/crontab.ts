import type { Candidate, Imported } from './imported.js';

export interface CrontabOptions {
  /** Begins each key. */
  readonly name: string;
  /** As in /etc/cron.d and /etc/crontab: a user stands before the command. */
  readonly hasUsers: boolean;
  readonly hookClass: string;
  /** Of lines above which no CRON_TZ stands. */
  readonly timeZone: string;
}

const assignment = /^\s*([A-Za-z_]\w*)\s*=\s*(.*?)\s*$/;
const entry = /^\s*(@\w+|(?:\S+\s+){4}\S+)\s+(.*)$/;

/** Each line becomes a timer whose data are the command, its user, its input and its variables. */
export function fromCrontab(text: string, options: CrontabOptions): Imported {
  const variables: Record<string, string> = {};
  const [candidates, leftOut]: [Candidate[], string[]] = [[], []];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const set = assignment.exec(line);
    if (set !== null) {
      variables[set[1] ?? ''] = (set[2] ?? '').replace(/^(["'])(.*)\1$/, '$2');
      continue;
    }
    const made = candidateOf(line, { ...variables }, options);
    if (typeof made === 'string') leftOut.push(`line ${index + 1}: ${made}`);
    else candidates.push(made);
  }
  return { candidates, remarks: [], leftOut };
}

function candidateOf(
  line: string,
  variables: Record<string, string>,
  options: CrontabOptions,
): Candidate | string {
  const [, when, rest] = entry.exec(line) ?? [];
  if (when === undefined || rest === undefined) return 'not a line of cron';
  if (when === '@reboot') return '@reboot: no timer knows when a machine starts';
  const [user, command] = options.hasUsers ? userAnd(rest) : [undefined, rest];
  if (command === undefined || command === '') return 'no command';
  const { CRON_TZ: timeZone = options.timeZone, ...env } = variables;
  return {
    key: `${options.name}-${slugOf(command)}`,
    fields: {
      schedPolicyType: 'CRON',
      schedPolicyExpr: when.startsWith('@') ? when : withoutSevens(when),
      timeZone,
      hookClass: options.hookClass,
      data: JSON.stringify({
        ...commandAndInput(command),
        ...(user !== undefined && { user }),
        ...(Object.keys(env).length > 0 && { env }),
      }),
    },
  };
}

function userAnd(rest: string): [string | undefined, string | undefined] {
  const [, user, command] = /^(\S+)\s+(.*)$/.exec(rest) ?? [];
  return [user, command];
}

/** The name of the program, without its folder: a key that stays when its schedule changes. */
const slugOf = (command: string): string => {
  const words = command.split(/\s+/).filter((word) => !/^\w+=/.test(word));
  const last = (word: string): string => word.slice(word.lastIndexOf('/') + 1);
  return (last(words[0] ?? '') || 'command').replace(/[^A-Za-z0-9._-]+/g, '-').slice(0, 60);
};

/** An unescaped % ends the command; what follows is its input, each further % a new line. */
function commandAndInput(text: string): { readonly command: string; readonly input?: string } {
  const [command = '', ...lines] = text.split(/(?<!\\)%/).map((part) => part.replaceAll('\\%', '%'));
  return { command: command.trim(), ...(lines.length > 0 && { input: lines.join('\n') }) };
}

/** Cron takes 7 for Sunday as well as 0; here Sunday is 0. */
export function withoutSevens(when: string): string {
  const fields = when.trim().split(/\s+/);
  const days = (fields[4] ?? '*').split(',').map(dayPart);
  return [...fields.slice(0, 4), days.join(',')].join(' ');
}

function dayPart(part: string): string {
  const [, from, to, step = '1'] = /^(\d)(?:-(\d))?(?:\/(\d+))?$/.exec(part) ?? [];
  if (from === undefined || (from !== '7' && to !== '7')) return part;
  const days: number[] = [];
  for (let day = Number(from); day <= Number(to ?? from) && Number(step) > 0; day += Number(step))
    days.push(day % 7);
  return days.length === 0 ? part : [...new Set(days)].sort().join(',');
}

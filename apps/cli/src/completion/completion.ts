import type { Command } from 'commander';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** What may come after these words: subcommands, or options. */
interface Place {
  readonly path: string;
  readonly words: readonly string[];
}

function placesOf(command: Command, path: readonly string[] = []): Place[] {
  const options = command.options.flatMap(({ long }) => (typeof long === 'string' ? [long] : []));
  const children = command.commands.map((child) => child.name());
  return [
    { path: path.join(' '), words: [...children, ...options, '--help'] },
    ...command.commands.flatMap((child) => placesOf(child, [...path, child.name()])),
  ];
}

/** A script that a shell reads at its start. The whole tree stands in it: completing starts no process. */
export function completionScript(program: Command, shell: Shell): string {
  const places = placesOf(program);
  if (shell === 'fish') return fish(program.name(), places);
  const script = bash(program.name(), places);
  return shell === 'bash'
    ? script
    : `autoload -U +X compinit bashcompinit && compinit && bashcompinit\n${script}`;
}

function bash(name: string, places: readonly Place[]): string {
  const cases = places.map(({ path, words }) => `    '${path}') words='${words.join(' ')}' ;;`).join('\n');
  const paths = places.map(({ path }) => `'${path}'`).join('|');
  return `_${name}() {
  local word='' path='' next='' words=''
  local at
  for ((at = 1; at < COMP_CWORD; at += 1)); do
    word="\${COMP_WORDS[at]}"
    next="\${path:+$path }$word"
    case "$next" in
      ${paths}) path="$next" ;;
    esac
  done
  case "$path" in
${cases}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _${name} ${name}
`;
}

function fish(name: string, places: readonly Place[]): string {
  const lines = places.flatMap(({ path, words }) => {
    const seen = path === '' ? [] : path.split(' ');
    const children = places
      .filter((other) => other.path.startsWith(path === '' ? '' : `${path} `) && other.path !== path)
      .map((other) => other.path.split(' ')[seen.length] ?? '');
    const conditions = seen.map((word) => `__fish_seen_subcommand_from ${word}`);
    const unless = [...new Set(children)];
    if (unless.length > 0) conditions.push(`not __fish_seen_subcommand_from ${unless.join(' ')}`);
    return words.map((word) => {
      const what = word.startsWith('--') ? `-l ${word.slice(2)}` : `-f -a ${word}`;
      return `complete -c ${name} -n '${conditions.join('; and ') || 'true'}' ${what}`;
    });
  });
  return `${lines.join('\n')}\n`;
}

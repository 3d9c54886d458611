import type { Command } from 'commander';

/** `carillon timers list [options]`, without the program's own default command. */
function leavesOf(command: Command, path: readonly string[] = []): { path: string; command: Command }[] {
  const here = [...path, command.name()];
  if (command.commands.length === 0) return [{ path: here.join(' '), command }];
  return command.commands.flatMap((child) => leavesOf(child, here));
}

/** Every command with its options, as Markdown: docs/cli.md holds it word for word. */
export function reference(program: Command): string[] {
  return leavesOf(program).map(({ path, command }) => {
    const rows = command.options.map(({ flags, description, defaultValue }) => {
      const standard = defaultValue === undefined ? '' : ` (default ${String(defaultValue)})`;
      return `- \`${flags}\`: ${description}${standard}`;
    });
    const words = command.usage().replace(/^\[options\] ?/, '');
    const title = `### \`${[path, words].filter((part) => part !== '').join(' ')}\``;
    return [title, '', capital(command.description()), ...(rows.length > 0 ? ['', ...rows] : [])].join('\n');
  });
}

const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

import type { CommandWire } from './commands.js';

export interface CommandRecord {
  readonly key: string | null;
  readonly value: string;
}

/**
 * A command as a client produces it. The key puts one timer's commands on one partition, in order; a command that names
 * its timer by id alone keeps order only among those that do so too.
 */
export function commandRecord(command: CommandWire): CommandRecord {
  const { namespace, key, timerId } = command;
  const isNamed = namespace !== undefined && key !== undefined;
  return { key: isNamed ? `${namespace}/${key}` : (timerId ?? null), value: JSON.stringify(command) };
}

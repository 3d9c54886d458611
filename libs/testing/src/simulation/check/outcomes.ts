import { type CommandId, recentCommandsMax } from '#timer';
import type { World } from '../world.js';
import type { Entry, History } from './history.js';
import type { Violation } from './violation.js';

/** A timer does not remember them: sent again, one counts again, or comes too late. */
const unremembered: ReadonlySet<string> = new Set(['HeartbeatEvent']);

/** 8: a command that was sent has one outcome, however often it was sent and delivered. */
export function oneOutcome(histories: readonly History[], world: World): Violation[] {
  const applied = applications(histories);
  const stores = world.databases.all.map(({ store }) => store.tables);
  const refused = new Set(
    stores.flatMap(({ rejections }) => [...rejections.values()].map(({ commandId }) => commandId)),
  );
  const unchanged = new Set(stores.flatMap((tables) => [...tables.unchanged.keys()]));
  const told = new Set(world.witness.outcomes.map(({ envelope }) => envelope.content.commandId));
  return sentOnce(world).flatMap(({ commandId, type }): Violation[] => {
    const groups = applied.get(commandId) ?? [];
    const others = { refused: refused.has(commandId), unchanged: unchanged.has(commandId) };
    const problem = problemOf(groups, others, type);
    const isLost = problem === null && groups.length === 0 && !others.refused && !others.unchanged;
    // a parent that is gone need not hear that its child has ended
    if (isLost && type !== 'EndChild' && !told.has(commandId))
      return [{ promise: 8, detail: `${type} ${commandId} was sent and has no outcome` }];
    return problem === null ? [] : [{ promise: 8, detail: `${type} ${commandId} ${problem}` }];
  });
}

interface OtherOutcomes {
  readonly refused: boolean;
  readonly unchanged: boolean;
}

function problemOf(
  groups: readonly Application[],
  { refused, unchanged }: OtherOutcomes,
  type: string,
): string | null {
  if (unremembered.has(type)) return null;
  if (groups.length > 1 && !isForgotten(groups)) return `was applied ${groups.length} times`;
  if (refused && unchanged) return 'was refused and changed nothing';
  const isApplied = groups.length > 0 && groups.every(isRemembered);
  if (isApplied && unchanged) return 'was applied and changed nothing';
  return isApplied && refused ? 'was applied and refused' : null;
}

/** Every command that reached the topic, by its id. */
function sentOnce({ topics }: World): readonly { readonly commandId: CommandId; readonly type: string }[] {
  const sent = new Map<CommandId, string>();
  for (const { value } of topics.commands.all())
    if (value.commandId !== null)
      sent.set(value.commandId, value.kind === 'command' ? value.command.type : value.kind);
  return [...sent].map(([commandId, type]) => ({ commandId, type }));
}

/** The events of one command on one timer, and what came after them. */
interface Application {
  readonly last: Entry;
  /** Other commands that the timer has applied since. */
  readonly since: number;
}

function applications(histories: readonly History[]): Map<CommandId, Application[]> {
  const found = new Map<CommandId, Application[]>();
  for (const { entries } of histories) {
    const runs = runsOf(entries);
    runs.forEach((run, index) => {
      const commandId = run.at(-1)?.stored.commandId as CommandId;
      const last = run.at(-1);
      if (last === undefined) return;
      const application = { last, since: runs.length - 1 - index };
      found.set(commandId, [...(found.get(commandId) ?? []), application]);
    });
  }
  return found;
}

/** Neighbouring events of one command are one application. */
function runsOf(entries: readonly Entry[]): Entry[][] {
  const runs: Entry[][] = [];
  let former: string | null = null;
  for (const entry of entries) {
    const { commandId } = entry.stored;
    if (commandId !== null && commandId === former) runs.at(-1)?.push(entry);
    else if (commandId !== null) runs.push([entry]);
    former = commandId;
  }
  return runs;
}

/** A timer remembers so many commands: an id that comes back later than that is new to it. */
const isRemembered = ({ since }: Application): boolean => since < recentCommandsMax;
const isForgotten = (groups: readonly Application[]): boolean => groups.some((group) => !isRemembered(group));

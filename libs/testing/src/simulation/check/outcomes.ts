import { type CommandId, recentCommandsMax } from '#timer';
import type { World } from '../world.js';
import type { Entry, History } from './history.js';
import type { Violation } from './violation.js';

/** A timer does not remember them: sent again, one counts again, or comes too late. */
const unremembered: ReadonlySet<string> = new Set(['HeartbeatEvent']);
/** Where the wish was granted already nothing is left behind, but for what the sender was told. */
const traceless: ReadonlySet<string> = new Set(['PauseTimer', 'ClaimEvent']);

/** 8: a command that was sent has one outcome, however often it was sent and delivered. */
export function oneOutcome(histories: readonly History[], world: World): Violation[] {
  const { rejections } = world.database.store.tables;
  const applied = applications(histories);
  const refused = new Set([...rejections.values()].map(({ commandId }) => commandId));
  const told = new Set(world.witness.outcomes.map(({ envelope }) => envelope.content.commandId));
  return sentOnce(world).flatMap(({ commandId, type }): Violation[] => {
    const groups = applied.get(commandId) ?? [];
    const problem = problemOf(groups, refused.has(commandId), type);
    const isLost = problem === null && groups.length === 0 && !refused.has(commandId);
    if (isLost && !told.has(commandId) && !traceless.has(type))
      return [{ promise: 8, detail: `${type} ${commandId} was sent and has no outcome` }];
    return problem === null ? [] : [{ promise: 8, detail: `${type} ${commandId} ${problem}` }];
  });
}

function problemOf(groups: readonly Application[], isRefused: boolean, type: string): string | null {
  if (unremembered.has(type)) return null;
  if (groups.length > 1 && !isForgotten(groups)) return `was applied ${groups.length} times`;
  return groups.length > 0 && isRefused && groups.every(isRemembered) ? 'was applied and refused' : null;
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

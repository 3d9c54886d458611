import type { CommandId } from '#timer';
import type { ByDatabase } from '../log/databases.js';
import { slotOfTarget, type TimerTarget, type TimerVersion } from '../log/timer-log.js';
import type { CommandOutcomes, RefusedCommand } from './command-outcomes.js';

/** A refusal lies with the timer; where none is named all are asked. */
export class MergedCommandOutcomes implements CommandOutcomes {
  constructor(private readonly databases: ByDatabase<CommandOutcomes>) {}

  async rejectionOf(commandId: CommandId, target: TimerTarget | null): Promise<RefusedCommand | null> {
    // another database that is away is none of its business
    if (target !== null) return this.databases.of(slotOfTarget(target)).rejectionOf(commandId, target);
    const answers = await Promise.all(
      this.databases.all.map((outcomes) => outcomes.rejectionOf(commandId, null)),
    );
    return answers.find((answer) => answer !== null) ?? null;
  }

  appliedTo(target: TimerTarget, commandId: CommandId): Promise<TimerVersion | null> {
    return this.databases.of(slotOfTarget(target)).appliedTo(target, commandId);
  }
}

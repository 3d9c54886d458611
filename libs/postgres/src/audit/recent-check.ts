import type { AppliedCommand, RecordedEvent, TimerState } from '#timer';

type Recent = TimerState['recent'];

/**
 * Whether the commands that a row remembers are such as a former version left them. That one remembered four of either kind, unsigned:
 * fewer than the log folds to, and what was an answer stays in such a row until other commands push it out.
 */
export class RecentCheck {
  readonly #sought: ReadonlyMap<number, AppliedCommand>;
  readonly #inLog = new Set<AppliedCommand>();

  constructor(private readonly stored: Recent) {
    this.#sought = new Map(stored.map((command) => [command.version, command]));
  }

  /** In the order of the log. */
  add({ version, commandId, event }: Pick<RecordedEvent, 'version' | 'commandId' | 'event'>): void {
    this.#note(version, commandId);
    if (event.type !== 'TimerSnapshotted') return;
    for (const command of event.state.recent) this.#note(command.version, command.commandId);
  }

  /** Once all events are taken in. */
  isOfFormer(folded: Recent): boolean {
    const versionOf = new Map(folded.map(({ commandId, version }) => [commandId, version]));
    return this.stored.every((command, n) => {
      const isInOrder = n === 0 || (this.stored[n - 1]?.version ?? 0) < command.version;
      const due = versionOf.get(command.commandId);
      const isLeft = due === undefined && command.isAnswer === undefined && this.#inLog.has(command);
      return isInOrder && (due === command.version || isLeft);
    });
  }

  #note(version: number, commandId: RecordedEvent['commandId']): void {
    const command = this.#sought.get(version);
    if (command !== undefined && command.commandId === commandId) this.#inLog.add(command);
  }
}

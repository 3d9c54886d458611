import type { CommandSender } from '#client';
import type { CommandWire } from '#contract';
import type { BulkCommand, BulkCommands, BulkOutcome } from '#engine';

/** Commands of a bulk, sent as any client's. The id says which timer is meant; the name keeps them in order. */
export class BulkSender implements BulkCommands {
  constructor(
    private readonly sender: Pick<CommandSender, 'ask'>,
    private readonly timeoutMs: number,
  ) {}

  async ask({ commandId, target, wish, actor }: BulkCommand): Promise<BulkOutcome> {
    const address = { id: commandId, ...target };
    const command: CommandWire =
      wish.type === 'UpdateTimer'
        ? { ...address, type: wish.type, set: { tags: [...wish.tags] }, check: { version: wish.version } }
        : { ...address, type: wish.type };
    const reply = await this.sender.ask(command, {
      timeoutMs: this.timeoutMs,
      ...(actor !== null && { actor }),
    });
    return reply.ok ? { ok: true } : reply;
  }
}

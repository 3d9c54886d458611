import { type ReceiptWire, type Reply, timerRecord } from '#contract';
import type { AppliedTo, CommandOutcomes, TimerQueries } from '#engine';
import type { CommandId, TimerState } from '#timer';
import type { TimerAddress } from '../http/address.js';
import type { KeptOutcome, OutcomeMemory } from './outcome-memory.js';

/** A receipt's own path names the timer as well: that is how its outcome is found, also after a restart. */
export function receiptPath(commandId: string, address: TimerAddress): string {
  return `/v1/commands/${commandId}?${new URLSearchParams({ ...address })}`;
}

export class Receipts {
  constructor(
    private readonly outcomes: CommandOutcomes,
    private readonly queries: Pick<TimerQueries, 'stateAtVersion'>,
    private readonly memory: OutcomeMemory,
  ) {}

  /** An outcome that nobody waited for. */
  keep(commandId: string, reply: Reply): void {
    this.memory.keep(commandId, reply);
  }

  /** Null: nothing is known of such a command, and no timer was named to look at. */
  async of(commandId: CommandId, address: TimerAddress | null): Promise<ReceiptWire | null> {
    const kept = this.memory.of(commandId) ?? (await this.#refusal(commandId));
    if (kept !== null && !kept.ok) return { commandId, status: 'rejected', ...told(kept) };
    const applied = address === null ? null : await this.outcomes.appliedTo(address, commandId);
    const found = applied ?? (kept as AppliedTo | null);
    if (found !== null) return this.#applied(commandId, found);
    return address === null ? null : { commandId, status: 'pending' };
  }

  async #refusal(commandId: CommandId): Promise<KeptOutcome | null> {
    const rejection = await this.outcomes.rejectionOf(commandId);
    return rejection === null ? null : { ok: false, ...rejection };
  }

  async #applied(commandId: CommandId, { timerId, version }: AppliedTo): Promise<ReceiptWire> {
    const state = await this.#stateThen(timerId, version);
    const timer = state === null ? {} : { timer: timerRecord(state) as NonNullable<AppliedReceipt['timer']> };
    return { commandId, status: 'applied', timerId, version, ...timer };
  }

  /** A deletion's answer is the timer as it was last. */
  async #stateThen(timerId: AppliedTo['timerId'], version: number): Promise<TimerState | null> {
    for (const at of [version, version - 1]) {
      const past = at < 1 ? null : await this.queries.stateAtVersion(timerId, at);
      if (past?.kind === 'state') return past.state;
    }
    return null;
  }
}

type AppliedReceipt = Extract<ReceiptWire, { status: 'applied' }>;

const told = ({ code, message, field }: Extract<KeptOutcome, { ok: false }>) => ({
  code,
  message,
  ...(field !== undefined && { field }),
});

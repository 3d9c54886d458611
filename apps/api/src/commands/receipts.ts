import { type ReceiptWire, timerRecord } from '#contract';
import type { CommandOutcomes, TimerQueries, TimerVersion } from '#engine';
import type { CommandId, TimerId, TimerState } from '#timer';
import type { TimerAddress } from '../http/address.js';

/** A receipt's own path names the timer as well: that is how its outcome is found, also after a restart. */
export function receiptPath(commandId: string, address: TimerAddress): string {
  return `/v1/commands/${commandId}?${new URLSearchParams({ ...address })}`;
}

export class Receipts {
  constructor(
    private readonly outcomes: CommandOutcomes,
    private readonly queries: Pick<TimerQueries, 'stateAtVersion'>,
  ) {}

  /** Null: nothing is known of such a command, and no timer was named to look at. */
  async of(commandId: CommandId, address: TimerAddress | null): Promise<ReceiptWire | null> {
    const rejection = await this.outcomes.rejectionOf(commandId, address);
    if (rejection !== null) return { commandId, status: 'rejected', ...rejection };
    if (address === null) return null;
    const applied = await this.outcomes.appliedTo(address, commandId);
    return applied === null ? { commandId, status: 'pending' } : this.#applied(commandId, applied);
  }

  async #applied(commandId: CommandId, { timerId, version }: TimerVersion): Promise<ReceiptWire> {
    const state = await this.#stateThen(timerId, version);
    const timer = state === null ? {} : { timer: timerRecord(state) as NonNullable<AppliedReceipt['timer']> };
    return { commandId, status: 'applied', timerId, version, ...timer };
  }

  /** A deletion's answer is the timer as it was last. */
  async #stateThen(timerId: TimerId, version: number): Promise<TimerState | null> {
    for (const at of [version, version - 1]) {
      const past = at < 1 ? null : await this.queries.stateAtVersion(timerId, at);
      if (past?.kind === 'state') return past.state;
    }
    return null;
  }
}

type AppliedReceipt = Extract<ReceiptWire, { status: 'applied' }>;

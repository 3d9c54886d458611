import { parseCommand, type ReceiptWire, rejectedBytesMax, timerRecord } from '#contract';
import type { CommandOutcomes, RefusedCommand, TimerQueries, TimerVersion } from '#engine';
import type { CommandId, TimerId, TimerState } from '#timer';
import type { TimerAddress } from '../http/address.js';

/** A receipt's own path names the timer as well: that is how its outcome is found, also after a restart. */
export function receiptPath(commandId: string, address: TimerAddress): string {
  return `/v1/commands/${commandId}?${new URLSearchParams({ ...address })}`;
}

export interface FoundReceipt {
  readonly receipt: ReceiptWire;
  /** Which timer it tells of; null: of a record that could not be read. */
  readonly about: TimerAddress | null;
}

export class Receipts {
  constructor(
    private readonly outcomes: CommandOutcomes,
    private readonly queries: Pick<TimerQueries, 'stateAtVersion'>,
  ) {}

  /** Null: nothing is known of such a command, and no timer was named to look at. */
  async of(commandId: CommandId, address: TimerAddress | null): Promise<FoundReceipt | null> {
    const refused = await this.outcomes.rejectionOf(commandId, address);
    if (refused !== null)
      return { receipt: { commandId, status: 'rejected', ...refused.rejection }, about: targetOf(refused) };
    if (address === null) return null;
    const applied = await this.outcomes.appliedTo(address, commandId);
    if (applied === null) return { receipt: { commandId, status: 'pending' }, about: address };
    return { receipt: await this.#applied(commandId, applied), about: { timerId: applied.timerId } };
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

function targetOf({ value }: RefusedCommand): TimerAddress | null {
  const read = parseCommand(
    { key: null, value: value === null ? null : Buffer.from(value) },
    rejectedBytesMax,
  );
  return read.ok ? read.target : null;
}

type AppliedReceipt = Extract<ReceiptWire, { status: 'applied' }>;

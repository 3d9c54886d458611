import { createHash } from 'node:crypto';
import type { CommandId, TimerCommand, TimerId, TimerState } from '#timer';
import type { Bulk, BulkAction, BulkId, BulkTarget } from './bulk.js';

type Wish =
  | { readonly type: 'PauseTimer' | 'ResumeTimer' | 'DeleteTimer' }
  /** Refused unless the timer is at this version: the tags were made from the ones it had then. */
  | { readonly type: 'UpdateTimer'; readonly tags: readonly string[]; readonly version: number };

/** An ordinary command; the id is the same however often it is made. */
export interface BulkCommand {
  readonly commandId: CommandId;
  readonly target: BulkTarget;
  readonly wish: Wish;
  readonly actor: string | null;
}

export type BulkOutcome =
  | { readonly ok: true }
  | {
      readonly ok: false;
      readonly code: string;
      readonly message: string;
      /** Refused for a rate: another command would be taken then, ms. */
      readonly retryAfterMs?: number | undefined;
    };

/** The way to the timers: the commands topic and its replies. */
export interface BulkCommands {
  /** Resolves with the outcome, a refusal too. @throws when it does not become known in time */
  ask(command: BulkCommand): Promise<BulkOutcome>;
}

/** UUIDv5 within the bulk's own id (RFC 9562). A further attempt is another command. */
export function bulkCommandId(id: BulkId, timerId: TimerId, attempt: number): CommandId {
  const hash = createHash('sha1')
    .update(Buffer.from(id.replaceAll('-', ''), 'hex'))
    .update(`${timerId}/${attempt}`)
    .digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}` as CommandId;
}

/** @param state the timer as it was read; null where only its name is known, which suffices unless tags are changed */
export function bulkCommand(
  { id, action, actor }: Pick<Bulk, 'id' | 'action' | 'actor'>,
  target: BulkTarget,
  state: TimerState | null,
  attempt: number,
): BulkCommand {
  return {
    commandId: bulkCommandId(id, target.timerId, attempt),
    target,
    wish: wishOf(action, state),
    actor,
  };
}

const plain = { pause: 'PauseTimer', resume: 'ResumeTimer', delete: 'DeleteTimer' } as const;

function wishOf(action: BulkAction, state: TimerState | null): Wish {
  if (action.type !== 'retag') return { type: plain[action.type] };
  const kept = (state?.spec.tags ?? []).filter((tag) => !action.remove.includes(tag));
  return {
    type: 'UpdateTimer',
    tags: [...new Set([...kept, ...action.add])],
    version: state?.version ?? 0,
  };
}

/** As the aggregate reads it. */
export function domainCommand({ commandId, wish }: BulkCommand): TimerCommand {
  if (wish.type !== 'UpdateTimer') return { type: wish.type, commandId };
  const { tags, version } = wish;
  return { type: 'UpdateTimer', commandId, set: { tags }, check: { version } };
}

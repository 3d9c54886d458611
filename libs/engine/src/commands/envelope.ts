import type {
  ClientCommand,
  CommandId,
  CreateTimer,
  OpenEvent,
  Rejection,
  TimerId,
  TimerState,
} from '#timer';
import type { SourceRef, TimerTarget } from '../log/timer-log.js';

/** A create command before the engine has minted its timer's id. */
export type UnmintedCommand = Exclude<ClientCommand, CreateTimer> | Omit<CreateTimer, 'timerId'>;

/** A record of the commands topic, read. `Reply` is whatever the transport needs to answer; null: nobody asked. */
export interface CommandEnvelope<Reply = unknown> {
  readonly source: SourceRef;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly content: ReadableCommand | UnreadableCommand | MisplacedCommand;
  readonly reply: Reply | null;
  readonly actor?: string;
  readonly traceparent?: string;
}
export interface ReadableCommand {
  readonly kind: 'command';
  readonly commandId: CommandId;
  readonly target: TimerTarget;
  readonly command: UnmintedCommand;
}
export interface UnreadableCommand {
  readonly kind: 'unreadable';
  readonly commandId: CommandId | null;
  readonly rejection: Rejection;
}

/**
 * Of a timer whose database is not that of the record's partition: the record goes to the timer's own partition, under the same
 * command id, before its offset is stored.
 */
export interface MisplacedCommand {
  readonly kind: 'misplaced';
  readonly commandId: CommandId;
  /** Of the timer. */
  readonly slot: number;
  readonly headers: Readonly<Record<string, Buffer | undefined>>;
}

/** What became of a command, once, however often it is delivered. */
export type Outcome =
  | {
      readonly kind: 'applied';
      readonly state: TimerState;
      /** The event that it closed. */
      readonly closed?: OpenEvent;
    }
  /** Applied by an earlier delivery: the answer is the timer as it was then. */
  | {
      readonly kind: 'repeated';
      readonly timerId: TimerId;
      readonly version: number;
      /** As it was then, where it has not changed since; null: to be looked up. */
      readonly state: TimerState | null;
    }
  | { readonly kind: 'rejected'; readonly rejection: Rejection };

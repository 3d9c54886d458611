import type {
  CommandWire,
  HistoryPageWire,
  OutlookWire,
  PreviewAnswerWire,
  Reply,
  TimerConditionWire,
  TimerCountWire,
  TimerRecord,
  WhyAnswerWire,
} from '#contract';
import type { TimerRef } from './command-of.js';
import type {
  CountOptions,
  HistoryOptions,
  NextOptions,
  PageOptions,
  PastOptions,
  PreviewQuery,
  ReadOptions,
  TimerPage,
  WatchedChange,
  WatchOptions,
  WhyOptions,
} from './timers.js';

/** Where commands go, and where their outcomes come from. */
export interface Commands {
  /** @throws CommandTimeoutError, ClientOverloadedError, CommandTooLargeError, the signal's reason */
  ask(
    command: CommandWire,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal; readonly actor?: string },
  ): Promise<Reply>;
}

/** Where timers are read. A `ref` without a namespace never comes here. */
export interface Reads {
  timer(ref: TimerRef, options: PastOptions): Promise<TimerRecord>;
  page(condition: TimerConditionWire, options: PageOptions): Promise<TimerPage>;
  count(condition: TimerConditionWire, options: CountOptions): Promise<TimerCountWire>;
  events(ref: TimerRef, options: HistoryOptions): Promise<HistoryPageWire>;
  nextFires(ref: TimerRef, options: NextOptions): Promise<OutlookWire>;
  why(ref: TimerRef, options: WhyOptions): Promise<WhyAnswerWire>;
  preview(request: PreviewQuery, options: ReadOptions): Promise<PreviewAnswerWire>;
  watch(condition: TimerConditionWire, options: WatchOptions): AsyncIterable<WatchedChange>;
}

export interface TimerPorts {
  readonly commands: Commands;
  readonly reads: Reads;
  /** Of timers that are named without one. */
  readonly namespace: string;
  /** How long a command waits for its outcome, ms. */
  readonly timeoutMs: number;
  /** @throws the signal's reason */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

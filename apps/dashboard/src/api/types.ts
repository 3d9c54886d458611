import type {
  BulkAnswerWire,
  BulkPreviewWire,
  FindingWire,
  FireWire,
  HistoryPageWire,
  HookClassStandWire,
  InstallationWire,
  PartitionStandWire,
  PreviewAnswerWire,
  TimerConditionWire,
  TimerCountWire,
  TimerPageWire,
  TimerRecord,
  WatchMessage,
} from '#contract';

// Types alone: nothing of the contract's code comes into the page.

export type Timer = TimerPageWire['timers'][number];
/** For the libraries that read timers: in JSON nothing is there as undefined. */
export const recordOf = (timer: Timer): TimerRecord => timer as TimerRecord;
export type TimerPage = TimerPageWire;
export type HistoryEvent = HistoryPageWire['events'][number];
export type HistoryPage = HistoryPageWire;
export type Fire = FireWire;
export type Preview = PreviewAnswerWire;
export type Outlook = Omit<PreviewAnswerWire, 'difference'>;
export type Finding = FindingWire;
export type Condition = TimerConditionWire;
export type Status = Timer['status'];
export type BulkPreview = BulkPreviewWire;
export type Bulk = BulkAnswerWire;
export type Told = WatchMessage & { readonly timer?: Timer };
export type Count = TimerCountWire;
export type Installation = InstallationWire;
export type PartitionStand = PartitionStandWire;
export type HookClassStand = HookClassStandWire;
export type Order = 'id' | 'key' | 'nextFireTime';

export const statuses: readonly Status[] = [
  'waiting',
  'asking',
  'open',
  'paused',
  'disabled',
  'faulted',
  'ended',
];

import type { FireWire, HistoryEventWire, TimerRecord } from '#contract';
import type { Column } from '../output/table.js';

export const timerColumns: readonly Column<TimerRecord>[] = [
  { title: 'NAMESPACE', of: ({ namespace }) => namespace },
  { title: 'KEY', of: ({ key }) => key },
  { title: 'STATUS', of: ({ status }) => status },
  { title: 'NEXT', of: ({ nextFireTime }) => nextFireTime },
  {
    title: 'SCHEDULE',
    of: ({ schedPolicyType, schedPolicyExpr }) => `${schedPolicyType} ${schedPolicyExpr}`,
  },
  { title: 'ZONE', of: ({ timeZone }) => timeZone },
  { title: 'HOOK', of: ({ hookClass }) => hookClass },
];

export const historyColumns: readonly Column<HistoryEventWire>[] = [
  { title: 'VERSION', of: ({ version }) => version, align: 'right' },
  { title: 'RECORDED', of: ({ recordedAt }) => recordedAt },
  { title: 'EVENT', of: ({ type }) => type },
  { title: 'BY', of: ({ actor, commandId }) => actor ?? (commandId === undefined ? 'the clock' : commandId) },
];

export const nextColumns: readonly Column<FireWire>[] = [
  { title: 'FIRES AT', of: ({ fireAt }) => fireAt },
  { title: 'LOCAL', of: ({ localTime, utcOffset }) => `${localTime}${utcOffset}` },
  { title: 'WHY', of: ({ why }) => why },
];

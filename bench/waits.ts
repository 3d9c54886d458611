import type { Trace, TracedSend, TracedTransaction } from './fire-trace.js';

export const steps = [
  'until it was tried',
  'a transaction before',
  'loaded and locked',
  'decided',
  'written and committed',
  'a send before',
  'sent and acknowledged',
] as const;

/** Milliseconds of one event, a step, in the order of `steps`. */
type Waits = readonly number[];

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** The steps of each event that was due within the trace. */
export function waitsOf({ transactions, sends }: Trace): Waits[] {
  const byTimer = new Map<string, TracedTransaction[]>();
  for (const transaction of transactions)
    for (const timerId of transaction.timerIds)
      byTimer.set(timerId, [...(byTimer.get(timerId) ?? []), transaction]);
  return sends.flatMap((send) =>
    send.events.flatMap(({ timerId, dueAt }) => {
      const fired = byTimer.get(timerId)?.findLast(({ committedAt }) => committedAt <= send.beganAt);
      return fired === undefined ? [] : [stepsOf(dueAt, fired, send, transactions, sends)];
    }),
  );
}

function stepsOf(
  dueAt: number,
  fired: TracedTransaction,
  send: TracedSend,
  transactions: readonly TracedTransaction[],
  sends: readonly TracedSend[],
): Waits {
  const before = sum(
    transactions
      .filter(({ beganAt, committedAt }) => beganAt < fired.beganAt && committedAt > dueAt)
      .map(({ beganAt, committedAt }) => Math.min(committedAt, fired.beganAt) - Math.max(beganAt, dueAt)),
  );
  const sendBefore = Math.max(
    0,
    ...sends
      .filter(({ beganAt }) => beganAt < send.beganAt)
      .map(({ acknowledgedAt }) => Math.min(acknowledgedAt, send.acknowledgedAt) - send.beganAt),
  );
  return [
    fired.beganAt - dueAt - before,
    before,
    fired.loadedAt - fired.beganAt,
    fired.decidedAt - fired.loadedAt,
    fired.committedAt - fired.decidedAt,
    sendBefore,
    send.acknowledgedAt - send.beganAt - sendBefore,
  ];
}

/** Mean of each step, of the middle half of the events and of the latest hundredth. */
export function whereTheyWaited(waits: readonly Waits[]): { step: string; middle: number; latest: number }[] {
  const byTotal = waits.toSorted((a, b) => sum(a) - sum(b));
  const [middle, latest] = [
    byTotal.slice(byTotal.length >> 2, (byTotal.length * 3) >> 2),
    byTotal.slice(Math.floor(byTotal.length * 0.99)),
  ];
  const mean = (of: readonly Waits[], at: number): number => sum(of.map((one) => one[at] ?? 0)) / of.length;
  return steps.map((step, at) => ({ step, middle: mean(middle, at), latest: mean(latest, at) }));
}

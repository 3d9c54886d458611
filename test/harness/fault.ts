import type { EventWrite, TimerLog } from '#engine';

// A process that dies or freezes between two given lines, at a given time. The parts are the product's own; only what
// stands between them is the test's.

/** What `FAULT` names, and after how many harmless passes it strikes. */
export const fault = process.env.FAULT ?? '';
/** Transactions that write an event of this type; unset: all. */
const faultOn = process.env.FAULT_ON;
const isFaultOn = ({ event }: EventWrite): boolean => event.type === faultOn;
let passes = Number(process.env.FAULT_AFTER ?? 0);

/** True once, when the time has come. */
export function strikes(name: string): boolean {
  if (fault !== name) return false;
  passes -= 1;
  return passes === -1;
}

export const die = (): boolean => process.kill(process.pid, 'SIGKILL');
/** Takes effect before the call returns: the process holds whatever it holds. */
export const freeze = (): boolean => process.kill(process.pid, 'SIGSTOP');

/** `isMine` tells the transactions that count. */
export const faultyLog =
  (isMine: (request: Parameters<TimerLog['transact']>[0]) => boolean) =>
  (log: TimerLog): TimerLog => ({
    stateAt: (...args) => log.stateAt(...args),
    storedOffsets: (topic, partitions) => log.storedOffsets(topic, partitions),
    transact: async (request, decide) => {
      let counts = isMine(request);
      const result = await log.transact(request, (loaded) => {
        const writes = decide(loaded);
        counts &&= faultOn === undefined || writes.streams.some(({ events }) => events.some(isFaultOn));
        // every lock is held, nothing is written
        if (counts && strikes('die-in-transaction')) die();
        if (counts && strikes('freeze-in-transaction')) freeze();
        return writes;
      });
      if (counts && strikes('die-after-commit')) die();
      return result;
    },
  });

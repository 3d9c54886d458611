import { createInterface } from 'node:readline';
import { LatenessSample } from '../lateness.js';
import type { Ask } from './protocol.js';

const callsInFlight = 50;
/** Jobs of one batch call, for a peer that says nothing else. */
const batchSizeByDefault = 1_000;

/** A job system as it is driven here. A job carries the moment it is due; its handler tells it to `handled`. */
export interface Peer {
  /** Jobs of one `insert` at most, as the peer's documents have it; default 1,000. */
  readonly batchSize?: number;
  open(url: string): Promise<void>;
  insert(dueAt: readonly number[]): Promise<void>;
  insertOne(dueAt: number): Promise<void>;
  work(handled: (dueAt: number) => Promise<void>): Promise<void>;
  /** Ends the worker in order, where one that does not would leave handled jobs to the next. */
  close?(): Promise<void>;
}

const never = new Promise<never>(() => undefined);

/** Serves one peer over standard input and output until the input ends. */
export async function serve(peer: Peer): Promise<void> {
  // also in the middle of a call: whoever asked is gone
  process.stdin.once('end', async () => {
    await peer.close?.();
    process.exit(0);
  });
  const { batchSize = batchSizeByDefault } = peer;
  const sample = new LatenessSample();
  let handled = 0;
  const answer = async (ask: Ask): Promise<object> => {
    switch (ask.op) {
      case 'open':
        await peer.open(ask.url);
        return {};
      case 'batch':
        return timed(async () => {
          for (let from = 0; from < ask.count; from += batchSize) {
            const size = Math.min(batchSize, ask.count - from);
            await peer.insert(Array.from({ length: size }, (_, i) => ask.dueAt + (from + i) * ask.everyMs));
          }
        });
      case 'single':
        return timed(async () => {
          let left = ask.count;
          const caller = async (): Promise<void> => {
            while (left-- > 0) await peer.insertOne(ask.dueAt);
          };
          await Promise.all(Array.from({ length: callsInFlight }, caller));
        });
      case 'work':
        await peer.work(async (dueAt) => {
          sample.add(Date.now() - dueAt);
          handled += 1;
          if (ask.hold) await never;
        });
        return {};
      case 'reset':
        sample.reset();
        return {};
      case 'report':
        return { ...sample.report(), handled };
    }
  };
  for await (const line of createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line) as Ask))}\n`);
  }
}

async function timed(run: () => Promise<void>): Promise<{ tookMs: number }> {
  const startedAt = performance.now();
  await run();
  return { tookMs: performance.now() - startedAt };
}

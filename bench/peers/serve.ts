import { createInterface } from 'node:readline';
// types only: the peers of Node run this file as it is, and Carillon's own is compiled
import type { Ask, Report } from './protocol.js';

const callsInFlight = 50;
/** Jobs of one batch call. */
const batchSize = 1_000;

/** A job system as it is driven here. A job carries the moment it is due; its handler tells it to `handled`. */
export interface Peer {
  open(url: string): Promise<void>;
  insert(dueAt: readonly number[]): Promise<void>;
  insertOne(dueAt: number): Promise<void>;
  work(handled: (dueAt: number) => Promise<void>): Promise<void>;
}

const never = new Promise<never>(() => undefined);

/** Serves one peer over standard input and output until the input ends. */
export async function serve(peer: Peer): Promise<void> {
  let sample: number[] = [];
  let count = 0;
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
          sample.push(Date.now() - dueAt);
          count += 1;
          if (ask.hold) await never;
        });
        return {};
      case 'report': {
        const report = reportOf(count, sample);
        sample = [];
        return report;
      }
    }
  };
  for await (const line of createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line) as Ask))}\n`);
  }
  process.exit(0);
}

async function timed(run: () => Promise<void>): Promise<{ tookMs: number }> {
  const startedAt = performance.now();
  await run();
  return { tookMs: performance.now() - startedAt };
}

function reportOf(handled: number, sample: readonly number[]): Report {
  const sorted = sample.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { handled, p50: at(0.5), p99: at(0.99), max: sorted.at(-1) ?? 0 };
}

import { sleep } from './sleep.js';

/** kafkajs sends heartbeats only between batches; a wait of ours must not cost the membership. */
export async function whileBeating(
  work: Promise<void>,
  heartbeat: () => Promise<void>,
  everyMs: number,
): Promise<void> {
  let done = false;
  const finished = work.finally(() => {
    done = true;
  });
  const nothing = new AbortController();
  try {
    while (!done) {
      await Promise.race([finished, sleep(everyMs, nothing.signal)]);
      if (!done) await heartbeat();
    }
    await finished;
  } finally {
    nothing.abort('done');
  }
}

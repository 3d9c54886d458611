import { type DataCipher, openFields, sealFields } from '#contract';
import type { TimerPorts } from './ports.js';
import type { WatchedChange } from './timers.js';

/** The same ports, but that payloads are sealed on their way out and opened on their way in. What a history tells stays sealed. */
export function encryptedPorts(ports: TimerPorts, cipher: DataCipher): TimerPorts {
  const { commands, reads } = ports;
  return {
    ...ports,
    commands: {
      ask: async (command, options) => {
        const reply = await commands.ask(await sealFields(command, cipher), options);
        return reply.ok ? { ...reply, timer: await openFields(reply.timer, cipher) } : reply;
      },
    },
    reads: {
      timer: async (ref, options) => openFields(await reads.timer(ref, options), cipher),
      page: async (condition, options) => {
        const page = await reads.page(condition, options);
        return { ...page, timers: await Promise.all(page.timers.map((timer) => openFields(timer, cipher))) };
      },
      watch: (condition, options) => openedChanges(reads.watch(condition, options), cipher),
      count: (condition, options) => reads.count(condition, options),
      events: (ref, options) => reads.events(ref, options),
      nextFires: (ref, options) => reads.nextFires(ref, options),
      why: (ref, options) => reads.why(ref, options),
      preview: async (request, options) => reads.preview(await sealFields(request, cipher), options),
    },
  };
}

async function* openedChanges(
  changes: AsyncIterable<WatchedChange>,
  cipher: DataCipher,
): AsyncGenerator<WatchedChange> {
  for await (const change of changes)
    yield change.timer === undefined ? change : { ...change, timer: await openFields(change.timer, cipher) };
}

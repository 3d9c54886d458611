import { recordKey, type TimerTarget, type UnmintedCommand } from '#engine';
import { type CommandId, mintEventId, slotOf, slotOfTimerId } from '#timer';
import type { SimProcess } from './sim-process.js';
import { partitions, type SimCommand, type World } from './world.js';

const triesMax = 20;

/** A new id, as any client mints one. */
export const newCommandId = (world: World): CommandId =>
  mintEventId(world.clock.now(), world.random.bytes(10)) as string as CommandId;

/** Sends as clients do: with the same id again until the broker has it; some of them by a partitioner of their own. */
export async function sendCommand(
  world: World,
  process: SimProcess,
  target: TimerTarget,
  command: UnmintedCommand,
): Promise<void> {
  await send(world, process, target, { kind: 'command', commandId: command.commandId, target, command });
}

export async function send(
  world: World,
  process: SimProcess,
  target: TimerTarget,
  content: SimCommand,
): Promise<void> {
  const slot = 'timerId' in target ? slotOfTimerId(target.timerId) : slotOf(target.namespace, target.key);
  const isOdd = world.random.chance(world.isCalm ? 0 : 0.03);
  const partition = isOdd ? world.random.int(0, partitions - 1) : slot % partitions;
  const key = 'timerId' in target ? target.timerId : recordKey(target.namespace, target.key);
  const what = content.kind === 'command' ? content.command.type : content.kind;
  for (let tries = 0; tries < triesMax; tries += 1) {
    try {
      await world.produce(process, `send ${what} ${key} ${content.commandId}`, () =>
        world.topics.commands.append(partition, key, content),
      );
      return;
    } catch {
      await process.sleep(world.random.int(50, 400));
    }
  }
}

import { recordKey, slotOfTarget, type TimerTarget, type UnmintedCommand } from '#engine';
import { type CommandId, mintEventId, type TimerInput } from '#timer';
import type { SimProcess } from './sim-process.js';
import { partitionsAtFirst, type SimCommand, type World } from './world.js';

const triesMax = 20;

/** A new id, as any client mints one. */
export const newCommandId = (world: World): CommandId =>
  mintEventId(world.clock.now(), world.random.bytes(10)) as string as CommandId;

export interface SendingStyle {
  /** By Kafka's own partitioner, and it knows how wide the topic is. Otherwise some send as they please, and hear late. */
  readonly isSteady: boolean;
}

/** Sends as clients do: with the same id again until the broker has it. */
export async function sendCommand(
  world: World,
  process: SimProcess,
  target: TimerTarget,
  command: UnmintedCommand,
  style: SendingStyle = { isSteady: false },
): Promise<void> {
  await send(
    world,
    process,
    target,
    { kind: 'command', commandId: command.commandId, target, command },
    style,
  );
}

export async function send(
  world: World,
  process: SimProcess,
  target: TimerTarget,
  content: SimCommand,
  { isSteady }: SendingStyle = { isSteady: false },
): Promise<void> {
  const { commands } = world.topics;
  if (isSteady || world.random.chance(0.3)) process.knownWidth = commands.width;
  const width = process.knownWidth ?? commands.width;
  const own = isSteady ? null : ownPartition(world, process, String(content.commandId));
  const partition = own ?? slotOfTarget(target) % width;
  const key = 'timerId' in target ? target.timerId : recordKey(target.namespace, target.key);
  const what = content.kind === 'command' ? content.command.type : content.kind;
  for (let tries = 0; tries < triesMax; tries += 1) {
    try {
      await world.produce(process, `send ${what} ${key} ${content.commandId}`, () =>
        commands.append(partition, key, content),
      );
      return;
    } catch {
      await process.sleep(world.random.int(50, 400));
    }
  }
}

export async function createTimer(
  world: World,
  process: SimProcess,
  key: string,
  timer: TimerInput,
): Promise<void> {
  const target = { namespace: 'n', key };
  const commandId = newCommandId(world);
  await sendCommand(world, process, target, { type: 'CreateTimer', commandId, ...target, timer });
}

/** By a partitioner of its own, which puts a command that is sent again where it was; null: Kafka's own says. */
function ownPartition({ random, isCalm, databases }: World, process: SimProcess, id: string): number | null {
  const known = process.ownPartitions.get(id);
  if (known !== undefined) return known;
  const isOdd = !isCalm && random.chance(databases.count > 1 ? 0.15 : 0.03);
  const own = isOdd ? random.int(0, partitionsAtFirst - 1) : null;
  process.ownPartitions.set(id, own);
  return own;
}

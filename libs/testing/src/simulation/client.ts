import { recordKey, type UnmintedCommand } from '#engine';
import { type CommandId, type EpochMs, slotOf, type TimerChange, type TimerState } from '#timer';
import { newCommandId, send, sendCommand } from './sending.js';
import type { SimDatabase } from './sim-database.js';
import type { SimProcess } from './sim-process.js';
import { anyTimer } from './timers.js';
import { hookClass, otherHookClass, type World } from './world.js';

const namespace = 'n';

/** A client that makes timers and will not leave them alone. Resolves when it has said all it had to say. */
export async function runClient(world: World, timers: number, commands: number): Promise<void> {
  const client = new Client(world, world.process('client'));
  const { random } = world;
  const sent = Array.from({ length: timers }, (_, index) => client.create(`k${index}`, random.int(0, 2_000)));
  for (let count = 0; count < commands; count += 1) {
    await client.process.sleep(random.skewed(5, 1_200));
    sent.push(client.act(`k${random.int(0, timers - 1)}`));
  }
  await Promise.all(sent);
}

export const steadyKeys = ['steady-0', 'steady-1', 'steady-2'] as const;

/** Sends one change after the other, and each only once the broker has the one before; it waits for no outcome. */
export async function runSteadyClient(world: World, forMs: number): Promise<void> {
  const process = world.process('steady');
  const until = world.clock.now() + forMs;
  const say = (key: string, command: UnmintedCommand) =>
    sendCommand(world, process, { namespace, key }, command, { isSteady: true });
  const timer = { schedPolicyType: 'ONCE', schedPolicyExpr: '1h', hookClass: '' } as const;
  for (const key of steadyKeys)
    await say(key, { type: 'CreateTimer', commandId: newCommandId(world), namespace, key, timer });
  for (let count = 1; world.clock.now() < until; count += 1) {
    for (const key of steadyKeys)
      await say(key, { type: 'UpdateTimer', commandId: newCommandId(world), set: { tags: [`${count}`] } });
    await process.sleep(world.random.int(20, 200));
  }
}

class Client {
  readonly #sent: { key: string; command: UnmintedCommand }[] = [];

  constructor(
    private readonly world: World,
    readonly process: SimProcess,
  ) {}

  async create(key: string, afterMs: number): Promise<void> {
    await this.process.sleep(afterMs);
    const timer = anyTimer(this.world.random, this.#databaseOf(key).now());
    await this.#send(key, (commandId) => ({ type: 'CreateTimer', commandId, namespace, key, timer }));
  }

  act(key: string): Promise<void> {
    const { random } = this.world;
    const way = random.int(0, 99);
    if (way < 10) return this.#pause(key);
    if (way < 25) return this.#send(key, (commandId) => ({ type: 'ResumeTimer', commandId }));
    if (way < 40) return this.#trigger(key);
    if (way < 48) return this.#send(key, (commandId) => ({ type: 'ExpireTimer', commandId }));
    if (way < 57) return this.#update(key);
    if (way < 60) return this.#rehook(key);
    if (way < 65) return this.#send(key, (commandId) => ({ type: 'DeleteTimer', commandId }));
    if (way < 72) return this.create(key, 0);
    if (way < 84) return this.#closeAsOperator(key);
    if (way < 96) return this.#again();
    return this.#unreadable(key);
  }

  #trigger(key: string): Promise<void> {
    const timeout = this.world.random.pick(['1s', '1m']);
    return this.#send(key, (commandId) => ({
      type: 'TriggerTimer',
      commandId,
      requestId: commandId,
      timeout,
    }));
  }

  #pause(key: string): Promise<void> {
    const recall = this.world.random.chance(0.3) ? { recall: true as const } : {};
    return this.#send(key, (commandId) => ({ type: 'PauseTimer', commandId, ...recall }));
  }

  /** Also one whose event is open: what the former class has of it is called back. */
  #rehook(key: string): Promise<void> {
    const set: TimerChange = { hookClass: this.world.random.pick([hookClass, otherHookClass]) };
    return this.#send(key, (commandId) => ({ type: 'UpdateTimer', commandId, set, recall: true }));
  }

  #update(key: string): Promise<void> {
    const { random } = this.world;
    const version = this.#stateOf(key)?.version;
    const check = random.chance(0.3) && version !== undefined ? { check: { version } } : {};
    const set = random.pick<TimerChange>([
      { tags: ['x'] },
      { enable: false },
      { enable: true },
      { enable: true, schedPolicyExpr: '700ms', schedPolicyType: 'INTERVAL' },
      { watermark: (this.#databaseOf(key).now() - random.int(-2_000, 5_000)) as EpochMs },
      { ackTimeout: '2s' },
    ]);
    return this.#send(key, (commandId) => ({ type: 'UpdateTimer', commandId, set, ...check }));
  }

  /** By what the database shows, not by what Kafka delivered, and without an attempt. */
  async #closeAsOperator(key: string): Promise<void> {
    const open = this.#stateOf(key)?.open;
    if (open == null) return;
    const { eventId } = open;
    this.world.witness.closedByOperator.add(eventId);
    await this.#send(key, (commandId) => ({ type: 'CloseEvent', commandId, eventId }));
  }

  /** One of the last few, as a client does that got no reply. */
  async #again(): Promise<void> {
    const earlier = this.world.random.oneOf(this.#sent.slice(-5));
    if (earlier !== undefined)
      await sendCommand(this.world, this.process, { namespace, key: earlier.key }, earlier.command);
  }

  async #unreadable(key: string): Promise<void> {
    const rejection = { code: 'unreadable', message: 'not JSON' } as const;
    const commandId = newCommandId(this.world);
    await send(this.world, this.process, { namespace, key }, { kind: 'unreadable', commandId, rejection });
  }

  async #send(key: string, make: (commandId: CommandId) => UnmintedCommand): Promise<void> {
    const command = make(newCommandId(this.world));
    this.#sent.push({ key, command });
    await sendCommand(this.world, this.process, { namespace, key }, command);
  }

  #databaseOf(key: string): SimDatabase {
    return this.world.databases.of(slotOf(namespace, key));
  }

  #stateOf(key: string): TimerState | undefined {
    const { tables } = this.#databaseOf(key).store;
    const timerId = tables.names.get(recordKey(namespace, key));
    return timerId === undefined ? undefined : tables.states.get(timerId)?.state;
  }
}

import { dueTypes, type WireRecord } from '#contract';
import { type CommandId, type EpochMs, type EventId, slotOf } from '#timer';
import { GroupConsumer } from './group-consumer.js';
import { type Replica, replica } from './replica.js';
import { newCommandId, sendCommand } from './sending.js';
import type { SimProcess } from './sim-process.js';
import type { World } from './world.js';

/** What a hook needs of a due event's body. */
interface DueBody {
  readonly eventId: EventId;
  readonly attempt: number;
  readonly timer: { readonly namespace: string; readonly key: string };
}

type Answer = 'CloseEvent' | 'RetryEvent' | 'HeartbeatEvent' | 'ClaimEvent' | 'AnswerPreSchedule';

/** A hook service that does everything wrong that services do, until the storm is over. */
export function startHook(world: World): Replica {
  const process = world.process('hook');
  const group = world.groups.hooks;
  const worker = new HookWorker(world, process);
  const consumer = new GroupConsumer<WireRecord>({
    process,
    topic: world.topics.due,
    group,
    link: world.broker.patient,
    random: world.random.fork(),
    duplicateChance: () => world.duplicateChance,
    handlers: {
      onAssigned: () => undefined,
      onRecords: async (partition, records) => {
        const last = records.at(-1);
        const handled = Promise.all(records.map(({ value }) => worker.handle(value)));
        // a slow event does not hold up its partition
        void handled.then(() => last !== undefined && consumer.commit(partition, last.offset + 1n));
      },
    },
  });
  consumer.join();
  return replica(process, async () => consumer.leave());
}

class HookWorker {
  readonly #ids = new Map<string, CommandId>();

  constructor(
    private readonly world: World,
    private readonly process: SimProcess,
  ) {}

  async handle(record: WireRecord): Promise<void> {
    const due = JSON.parse(record.value) as DueBody;
    const isQuestion = record.headers.ce_type === dueTypes.ask;
    if (isQuestion) await this.#answerQuestion(due);
    else if (this.world.isCalm) await this.#closeAfter(5, due);
    else await this.#misbehave(due);
  }

  async #answerQuestion(due: DueBody): Promise<void> {
    const { random, isCalm } = this.world;
    await this.process.sleep(random.skewed(1, isCalm ? 50 : 1_500));
    if (!isCalm && random.chance(0.25)) return;
    const wantsDelay = !isCalm && random.chance(0.3);
    await this.#send('AnswerPreSchedule', due, wantsDelay ? { delay: '300ms' } : {});
  }

  async #misbehave(due: DueBody): Promise<void> {
    const { random } = this.world;
    const way = random.int(0, 99);
    if (way < 45) return this.#closeAfter(random.skewed(1, 200), due);
    if (way < 50) return this.#closeWithWatermark(due);
    if (way < 60) return this.#send('RetryEvent', due, random.chance(0.5) ? { after: '200ms' } : {});
    // its process has hung up, or the answer is lost
    if (way < 70) return;
    if (way < 78) return this.#closeAfter(random.int(500, 8_000), due);
    if (way < 86) return this.#twice(due);
    if (way < 92) await this.#send('ClaimEvent', due, { worker: this.process.name });
    await this.#send('HeartbeatEvent', due, { worker: this.process.name });
    return this.#closeAfter(random.int(1, 2_000), due);
  }

  async #closeAfter(ms: number, due: DueBody): Promise<void> {
    await this.process.sleep(ms);
    await this.#send('CloseEvent', due, {});
  }

  /** By two handlers that know nothing of each other. */
  async #twice(due: DueBody): Promise<void> {
    await Promise.all([this.#send('CloseEvent', due, {}, 'one'), this.#send('CloseEvent', due, {}, 'two')]);
  }

  async #closeWithWatermark(due: DueBody): Promise<void> {
    const { random, databases } = this.world;
    const database = databases.of(slotOf(due.timer.namespace, due.timer.key));
    const watermark = (database.now() - random.int(0, 5_000)) as EpochMs;
    await this.#send('CloseEvent', due, { watermark, summary: { text: this.process.name } });
  }

  async #send(type: Answer, due: DueBody, extra: object, which = ''): Promise<void> {
    const { eventId, attempt, timer } = due;
    const target = { namespace: timer.namespace, key: timer.key };
    const commandId = this.#idOf(`${type}/${eventId}/${attempt}${which}`);
    const command = { type, commandId, eventId, attempt, ...extra } as Parameters<typeof sendCommand>[3];
    await sendCommand(this.world, this.process, target, command);
  }

  /** The same answer again has the same id, as with the real worker. */
  #idOf(what: string): CommandId {
    const known = this.#ids.get(what) ?? newCommandId(this.world);
    this.#ids.set(what, known);
    return known;
  }
}

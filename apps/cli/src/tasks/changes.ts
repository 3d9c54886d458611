import { resultText, type Task, type TaskResult, taskOf } from '#tasks/model';
import { withClient } from '../connection.js';
import { say, sayJson } from '../output/out.js';
import { harmless } from '../output/table.js';
import { type TaskFlags, taskNamed } from './reads.js';

export interface TaskChangeFlags extends TaskFlags {
  readonly actor?: string;
}

function tell({ json }: TaskFlags, what: string, task: Task): number {
  if (json) sayJson(task);
  else say(harmless(`${task.id} ${what}: ${task.status}, epoch ${task.epoch}`));
  return 0;
}
const callOf = ({ actor }: TaskChangeFlags) => (actor === undefined ? {} : { actor });

/** No run follows. One that is under way may still be completed. */
export const cancelTask = (id: string, flags: TaskChangeFlags): Promise<number> =>
  withClient({ namespace: flags.namespace }, async (client) => {
    await taskNamed(client, flags.namespace, id);
    return tell(flags, 'cancelled', taskOf(await client.cancelTimer({ key: id }, callOf(flags))));
  });

/** A person's word in place of the runner's, whose own is refused from then on. */
export const completeTask = (
  id: string,
  flags: TaskChangeFlags & { readonly failed?: string },
): Promise<number> =>
  withClient({ namespace: flags.namespace }, async (client) => {
    const { eventId, attempt } = await taskNamed(client, flags.namespace, id);
    if (eventId === undefined)
      throw Object.assign(new Error(`${harmless(id)} is completed, or its time has not come`), {
        code: 'task-not-open',
      });
    const result: TaskResult =
      flags.failed === undefined ? { code: 'success' } : { code: 'failed', error: flags.failed };
    const close = { eventId, attempt, result: resultText(result) };
    return tell(flags, 'completed', taskOf(await client.closeTimerEvent({ key: id }, close, callOf(flags))));
  });

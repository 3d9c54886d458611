import { type Task, type TaskResult, TaskService } from '#tasks';
import { withClient } from '../connection.js';
import { say, sayJson } from '../output/out.js';
import { harmless } from '../output/table.js';
import { type TaskFlags, taskNamed } from './reads.js';

function changing(
  id: string,
  flags: TaskFlags,
  what: string,
  work: (service: TaskService, task: Task) => Promise<Task>,
): Promise<number> {
  const { namespace, json } = flags;
  return withClient({}, async (client) => {
    const found = await taskNamed(client, namespace, id);
    const task = await work(new TaskService(client, { namespace }), found);
    if (json) sayJson(task);
    else say(harmless(`${task.id} ${what}: ${task.status}, epoch ${task.epoch}`));
    return 0;
  });
}

/** No run follows. One that is under way may still be completed. */
export const cancelTask = (id: string, flags: TaskFlags): Promise<number> =>
  changing(id, flags, 'cancelled', (service) => service.cancel(id));

/** A person's word in place of the runner's: taken over first, so that what the runner answers is stale from then on. */
export const completeTask = (
  id: string,
  flags: TaskFlags & { readonly failed?: string; readonly actor: string },
): Promise<number> =>
  changing(id, flags, 'completed', async (service, task) => {
    const { failed, actor } = flags;
    const result: TaskResult = failed === undefined ? { code: 'success' } : { code: 'failed', error: failed };
    return service.complete(await service.allocate(task, actor), actor, result);
  });

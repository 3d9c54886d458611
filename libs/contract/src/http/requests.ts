import { z } from 'zod';
import { commandSchemas, recall } from '../commands.js';
import { uuid } from '../fields.js';
import { timerChange, timerInput } from '../timer-input.js';
import { problemSchema } from './problem.js';
import { timerRecordSchema } from './record.js';

// Bodies of the commands: the message's own fields without what the address says (`type`, `id`, which timer).

export const createRequest = z
  .strictObject({
    namespace: z.string().default('default'),
    key: z.string(),
    ...timerInput.shape,
  })
  .meta({ id: 'NewTimer' });
export const createsAtOnceMax = 1_000;
export const batchRequest = z
  .strictObject({ timers: z.array(createRequest).min(1).max(createsAtOnceMax) })
  .meta({ id: 'NewTimers' });
/** In the order of the request, one for each. */
export const batchAnswer = z
  .object({
    outcomes: z.array(
      z.union([
        z.object({ status: z.literal(201), timer: timerRecordSchema }),
        z.object({ status: z.int(), problem: problemSchema }),
      ]),
    ),
  })
  .meta({ id: 'NewTimersOutcome' });
/** The fields of `set`, and what the command has beside them. */
export const updateRequest = timerChange.extend({ recall }).meta({ id: 'TimerChange' });

const addressParts = { type: true, id: true, namespace: true, key: true, timerId: true } as const;
export const actionRequests = {
  trigger: commandSchemas.TriggerTimer.omit(addressParts).meta({ id: 'Trigger' }),
  pause: commandSchemas.PauseTimer.omit(addressParts).meta({ id: 'Pause' }),
  resume: commandSchemas.ResumeTimer.omit(addressParts).meta({ id: 'Resume' }),
  expire: commandSchemas.ExpireTimer.omit(addressParts).meta({ id: 'Expire' }),
  cancel: commandSchemas.CancelTimer.omit(addressParts).meta({ id: 'Cancel' }),
  redrive: commandSchemas.RedriveEvent.omit(addressParts).meta({ id: 'Redrive' }),
  close: commandSchemas.CloseEvent.omit(addressParts).meta({ id: 'Close' }),
  retry: commandSchemas.RetryEvent.omit(addressParts).meta({ id: 'Retry' }),
  heartbeat: commandSchemas.HeartbeatEvent.omit(addressParts).meta({ id: 'Heartbeat' }),
  claim: commandSchemas.ClaimEvent.omit(addressParts).meta({ id: 'Claim' }),
  answer: commandSchemas.AnswerPreSchedule.omit(addressParts).meta({ id: 'Answer' }),
  acquire: commandSchemas.AcquireLease.omit(addressParts).meta({ id: 'Acquire' }),
  renew: commandSchemas.RenewLease.omit(addressParts).meta({ id: 'Renew' }),
  release: commandSchemas.ReleaseLease.omit(addressParts).meta({ id: 'Release' }),
} as const;
export type ActionName = keyof typeof actionRequests;
/** Which command an action of a path is. */
export const actionCommands = {
  trigger: 'TriggerTimer',
  pause: 'PauseTimer',
  resume: 'ResumeTimer',
  expire: 'ExpireTimer',
  cancel: 'CancelTimer',
  redrive: 'RedriveEvent',
  close: 'CloseEvent',
  retry: 'RetryEvent',
  heartbeat: 'HeartbeatEvent',
  claim: 'ClaimEvent',
  answer: 'AnswerPreSchedule',
  acquire: 'AcquireLease',
  renew: 'RenewLease',
  release: 'ReleaseLease',
} as const satisfies Record<ActionName, keyof typeof commandSchemas>;

/** What became of a command, for whoever did not wait. */
export const receiptSchema = z
  .discriminatedUnion('status', [
    z.object({ commandId: z.guid(), status: z.literal('pending') }),
    z.object({
      commandId: z.guid(),
      status: z.literal('applied'),
      timerId: z.guid(),
      version: z.int().positive(),
      timer: timerRecordSchema.optional().describe('as it was then; absent once its history is gone'),
    }),
    z.object({
      commandId: z.guid(),
      status: z.literal('rejected'),
      code: z.string(),
      message: z.string(),
      field: z.string().optional(),
      retryAfterMs: z.int().optional(),
    }),
  ])
  .meta({ id: 'CommandReceipt' });
/** Which timer, for a command that was not sent by HTTP. */
export const receiptQuery = z.strictObject({
  timerId: uuid.optional(),
  namespace: z.string().optional(),
  key: z.string().optional(),
});

export type ReceiptWire = z.input<typeof receiptSchema>;

import type { NewTimer, TimerClient } from '#client';
import type { TimerRecord } from '#contract';
import { type ClientWish, withClient } from '../connection.js';
import { UsageError } from '../errors/exit-codes.js';
import { type ShownAs, say, sayJson } from '../output/out.js';
import { harmless } from '../output/table.js';
import { fieldsOf, type TimerFlags } from './input.js';
import { refOf } from './ref.js';

export interface ChangeFlags extends ShownAs {
  readonly namespace?: string;
  readonly actor?: string;
  readonly commandId?: string;
  readonly timeout?: string;
  /** The version that was looked at. */
  readonly ifVersion?: string;
}

const callOf = ({ actor, commandId, ifVersion }: ChangeFlags) => ({
  ...(actor !== undefined && { actor }),
  ...(commandId !== undefined && { commandId }),
  ...(ifVersion !== undefined && { check: { version: Number(ifVersion) } }),
});

const wishOf = ({ namespace, timeout }: ChangeFlags): ClientWish => ({
  namespace,
  ...(timeout !== undefined && { timeoutMs: Number(timeout) * 1_000 }),
});

/** One command, and its outcome in a line. */
function changing(
  flags: ChangeFlags,
  what: string,
  work: (client: TimerClient) => Promise<TimerRecord>,
): Promise<number> {
  return withClient(wishOf(flags), async (client) => {
    const timer = await work(client);
    if (flags.json) sayJson(timer);
    else {
      const next = timer.nextFireTime === undefined ? 'no fire ahead' : `next fire ${timer.nextFireTime}`;
      say(
        `${harmless(`${timer.namespace}/${timer.key}`)} ${what}: ${timer.status}, ${next} (version ${timer.version})`,
      );
    }
    return 0;
  });
}

export function createTimer(key: string, flags: ChangeFlags & TimerFlags): Promise<number> {
  const fields = fieldsOf(flags);
  if (fields.schedPolicyType === undefined)
    throw new UsageError(
      'when is it to fire? --cron, --interval, --once, --after-finish, or --spec with a file',
    );
  return changing(flags, 'created', (client) =>
    client.createTimer({ ...fields, key } as NewTimer, callOf(flags)),
  );
}

export function updateTimer(typed: string, flags: ChangeFlags & TimerFlags): Promise<number> {
  const set = fieldsOf(flags);
  if (Object.keys(set).length === 0)
    throw new UsageError('nothing to change: name a field, or --set field=value');
  return changing(flags, 'updated', (client) => client.updateTimer(refOf(typed), set, callOf(flags)));
}

export const pauseTimer = (
  typed: string,
  flags: ChangeFlags & { readonly token?: string },
): Promise<number> =>
  changing(flags, 'paused', (client) =>
    client.pauseTimer(refOf(typed), {
      ...callOf(flags),
      ...(flags.token !== undefined && { token: flags.token }),
    }),
  );

export const resumeTimer = (
  typed: string,
  flags: ChangeFlags & { readonly token?: string },
): Promise<number> =>
  changing(flags, 'resumed', (client) =>
    client.resumeTimer(refOf(typed), {
      ...callOf(flags),
      ...(flags.token !== undefined && { token: flags.token }),
    }),
  );

export const deleteTimer = (typed: string, flags: ChangeFlags): Promise<number> =>
  withClient(wishOf(flags), async (client) => {
    const wasThere = await client.deleteTimer(refOf(typed), callOf(flags));
    if (flags.json) sayJson({ deleted: wasThere });
    else say(wasThere ? `${harmless(typed)} deleted` : `there is no ${harmless(typed)}; nothing to delete`);
    return 0;
  });

export const triggerTimer = (typed: string, flags: ChangeFlags): Promise<number> =>
  withClient(wishOf(flags), async (client) => {
    const requestId = await client.manualTriggerEvent(refOf(typed), callOf(flags));
    if (flags.json) sayJson({ manualRequestId: requestId });
    else
      say(
        `${harmless(typed)} asked to fire now (request ${requestId}); \`carillon timers history\` shows it`,
      );
    return 0;
  });

export interface CloseFlags extends ChangeFlags {
  readonly event?: string;
  readonly attempt?: string;
  readonly result?: string;
}

/** Closes the event that is open now, unless another is named. */
export const closeEvent = (typed: string, flags: CloseFlags): Promise<number> =>
  changing(flags, 'closed', async (client) => {
    const ref = refOf(typed);
    const { eventId, attempt } = await eventOf(client, typed, flags);
    const result = flags.result === undefined ? {} : { result: flags.result };
    return client.closeTimerEvent(
      ref,
      { eventId, ...(attempt !== undefined && { attempt }), ...result },
      callOf(flags),
    );
  });

async function eventOf(
  client: TimerClient,
  typed: string,
  { event, attempt }: CloseFlags,
): Promise<{ readonly eventId: string; readonly attempt?: number }> {
  if (event !== undefined)
    return { eventId: event, ...(attempt !== undefined && { attempt: Number(attempt) }) };
  const ref = refOf(typed);
  const seen =
    'timerId' in ref ? await client.getTimerById(ref.timerId) : await client.getTimerByKey(ref.key);
  if (seen.eventId === undefined)
    throw Object.assign(new Error(`${harmless(typed)} has no open event`), { code: 'no-open-event' });
  return { eventId: seen.eventId, ...(seen.attempt !== undefined && { attempt: seen.attempt }) };
}

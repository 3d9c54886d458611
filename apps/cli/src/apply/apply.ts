import { readFileSync } from 'node:fs';
import { type TimerClient, TimerNotExistError } from '#client';
import type { TimerRecord } from '#contract';
import { withClient } from '../connection.js';
import { exitCodes, UsageError } from '../errors/exit-codes.js';
import { note, type ShownAs, say, sayJson } from '../output/out.js';
import { withProgress } from '../output/progress.js';
import { harmless } from '../output/table.js';
import { isAgreed } from './asking.js';
import { type Manifest, ownerTag, readManifest } from './manifest.js';
import { type Done, outcomeOf } from './outcome.js';
import { nameOf, type Plan, type Present, planOf } from './plan.js';
import { planLines } from './plan-lines.js';

export interface ApplyFlags extends ShownAs {
  readonly file: string;
  readonly plan?: boolean;
  readonly prune?: boolean;
  readonly yes?: boolean;
  readonly actor?: string;
}

/** Makes the timers those of the file, after it has shown what that would change. */
export async function applyCommand(flags: ApplyFlags): Promise<number> {
  const manifest = readManifest(readFileSync(flags.file === '-' ? 0 : flags.file, 'utf8'), Date.now());
  if (flags.prune === true && manifest.owner === null)
    throw new UsageError('--prune needs an `owner:` in the file: only what carries its tag is ever deleted');
  const isPlanOnly = flags.plan === true;
  return withClient({ readsOnly: isPlanOnly }, async (client) => {
    const present = await presentOf(client, manifest, flags.prune === true);
    const plan = planOf(manifest, present);
    if (flags.json !== true) for (const line of planLines(plan)) say(line);
    if (isPlanOnly || plan.conflicts.length > 0) {
      if (flags.json) sayJson(plan);
      if (plan.conflicts.length + plan.fixed.length > 0) return exitCodes.no;
      return plan.steps.length === 0 ? exitCodes.done : exitCodes.changes;
    }
    if (plan.steps.length > 0 && !(await isWished(flags))) {
      note('nothing was changed');
      return exitCodes.no;
    }
    return execute(client, plan, present, flags);
  });
}

async function isWished({ yes, file, json }: ApplyFlags): Promise<boolean> {
  if (yes === true) return true;
  if (!process.stdin.isTTY || file === '-' || json)
    throw new UsageError('nobody can be asked here: look with --plan, then say --yes');
  return isAgreed('Apply? [y/N] ', process.stdin, process.stderr);
}

const atOnceMax = 16;

async function presentOf(
  client: TimerClient,
  { owner, timers }: Manifest,
  isPruning: boolean,
): Promise<Present> {
  const named: TimerRecord[] = [];
  for (let first = 0; first < timers.length; first += atOnceMax) {
    const some = timers.slice(first, first + atOnceMax);
    const found = await Promise.all(some.map(({ namespace, key }) => timerOrNull(client, namespace, key)));
    named.push(...found.filter((one) => one !== null));
  }
  const owned: TimerRecord[] = [];
  if (isPruning && owner !== null)
    for await (const record of client.getTimers({ tags: [ownerTag(owner)] })) owned.push(record);
  return { named, owned };
}

async function timerOrNull(client: TimerClient, namespace: string, key: string): Promise<TimerRecord | null> {
  try {
    return await client.getTimerByKey(key, { namespace });
  } catch (error) {
    if (error instanceof TimerNotExistError) return null;
    throw error;
  }
}

/** Each step by itself: a refusal of one leaves the others done, and is told. */
async function execute(
  client: TimerClient,
  { steps, same, fixed }: Plan,
  present: Present,
  flags: ApplyFlags,
): Promise<number> {
  const done = await outcomesOf(client, steps, present, flags);
  const refused = done.filter(({ error }) => error !== undefined);
  if (flags.json) sayJson({ done, same, fixed });
  else {
    for (const { namespace, key, error } of refused) note(harmless(`${namespace}/${key}: ${error}`));
    const left = fixed.length === 0 ? '' : `, ${fixed.length} left as they are`;
    say(`${done.length - refused.length} applied, ${refused.length} refused${left}`);
  }
  return refused.length + fixed.length === 0 ? exitCodes.done : exitCodes.no;
}

const outcomesOf = (
  client: TimerClient,
  steps: Plan['steps'],
  { named, owned }: Present,
  { actor }: ApplyFlags,
): Promise<Done[]> =>
  withProgress('apply', steps.length, async (at) => {
    const done: Done[] = [];
    const looked = new Map([...named, ...owned].map((record) => [nameOf(record), record]));
    const who = actor === undefined ? {} : { actor };
    for (let first = 0; first < steps.length; first += atOnceMax) {
      const some = steps.slice(first, first + atOnceMax);
      done.push(
        ...(await Promise.all(some.map((step) => outcomeOf(client, step, looked.get(nameOf(step)), who)))),
      );
      at(done.length);
    }
    return done;
  });

import { type NewTimer, type Timers, VersionNotMatchError } from '#client';
import { isAsDeclared, type TimerRecord } from '#contract';
import { exitCodes } from '../errors/exit-codes.js';
import { explain } from '../errors/explain.js';
import { type Step, setOf } from './plan.js';

export interface Done {
  readonly namespace: string;
  readonly key: string;
  readonly do: Step['do'];
  readonly error?: string;
}
type Calls = Pick<Timers, 'createTimer' | 'updateTimer' | 'deleteTimer' | 'getTimerByKey'>;
interface Who {
  readonly actor?: string;
}

/** Each fire between the look and the change is a version more. */
const triesMax = 3;

/**
 * Does a step, and tells a refusal as a person needs it.
 * @param looked the timer as the plan saw it; none where the step is its creation
 * @throws what no answer to this step is: nobody answers, for one
 */
export async function outcomeOf(
  timers: Calls,
  step: Step,
  looked: TimerRecord | undefined,
  who: Who,
): Promise<Done> {
  const { namespace, key } = step;
  try {
    if (step.do === 'create') await timers.createTimer(newTimer(step), who);
    else await change(timers, step, looked, who);
    return { namespace, key, do: step.do };
  } catch (error) {
    const { exitCode, message } = explain(error);
    if (exitCode !== exitCodes.no) throw error;
    return { namespace, key, do: step.do, error: message };
  }
}

// the manifest's reader has held these fields to the schema of a create
const newTimer = ({ fields, namespace, key }: Extract<Step, { do: 'create' }>): NewTimer => ({
  ...(fields as Omit<NewTimer, 'key'>),
  namespace,
  key,
});

/** What has fired meanwhile is another version, and still what the plan looked at: only what somebody has changed is left alone. */
async function change(
  timers: Calls,
  step: Exclude<Step, { do: 'create' }>,
  looked: TimerRecord | undefined,
  who: Who,
): Promise<void> {
  const { namespace, key } = step;
  let { version } = step;
  for (let tries = 1; ; tries += 1) {
    const options = { ...who, check: { version } };
    try {
      if (step.do === 'delete') await timers.deleteTimer({ namespace, key }, options);
      else await timers.updateTimer({ namespace, key }, setOf(step.changes), options);
      return;
    } catch (error) {
      if (!(error instanceof VersionNotMatchError) || tries === triesMax) throw error;
      const now = await timers.getTimerByKey(key, { namespace });
      if (looked === undefined || !isAsDeclared(looked, now)) throw error;
      version = now.version;
    }
  }
}

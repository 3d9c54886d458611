import { type NewTimer, TimerClient, TimerExistsError } from '#client';
import type { KafkaSettings } from '#kafka';

const stamp = (): string => new Date().toISOString().slice(11, 19).replaceAll(':', '');

/** On a grid of whole five seconds, so that it never drifts. */
const nextFive = (): string => new Date(Math.ceil(Date.now() / 5_000) * 5_000).toISOString();

const samples = (): NewTimer[] => [
  {
    key: 'every-five-seconds',
    schedPolicyType: 'INTERVAL',
    schedPolicyExpr: '5s',
    startAt: nextFive(),
    hookClass: 'demo',
  },
  {
    key: 'each-minute-in-paris',
    schedPolicyType: 'CRON',
    schedPolicyExpr: '* * * * *',
    timeZone: 'Europe/Paris',
    hookClass: 'demo',
  },
  { key: 'stumbles-twice', schedPolicyType: 'INTERVAL', schedPolicyExpr: '20s', hookClass: 'demo-flaky' },
  // each start makes one; none of them stays
  {
    key: `once-${stamp()}`,
    schedPolicyType: 'ONCE',
    schedPolicyExpr: '3s',
    keepFor: '2m',
    hookClass: 'demo',
  },
];

/** A few timers to look at; those of an earlier start are found again. Answers how many. */
export async function makeSamples(
  kafka: KafkaSettings,
  topicPrefix: string,
): Promise<{ readonly made: number; readonly found: number }> {
  const client = new TimerClient({ kafka, topicPrefix, namespace: 'demo', timeoutMs: 30_000 });
  await client.connect();
  try {
    const outcomes = await client.createTimers(samples());
    const refused = outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
    );
    const unexpected = refused.find((reason) => !(reason instanceof TimerExistsError));
    if (unexpected !== undefined) throw unexpected;
    return { made: outcomes.length - refused.length, found: refused.length };
  } finally {
    await client.close();
  }
}

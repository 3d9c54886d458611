import { expect, it } from 'vitest';
import { type EventId, eventFromJson, eventToJson, evolve, type TimerState } from '#timer';
import { at, create, run, step } from '../spec-dsl.js';

const second = 1_000;
const missed = { policy: 'all' } as const;

it.each([
  ['INTERVAL', '1s', 100_000],
  ['CRON', '* * * * * *', 20_000],
])(
  '%s: %s: under missed: all %i ticks are made up for, one a transaction, wherever the process dies',
  (schedPolicyType, schedPolicyExpr, ticks) => {
    let state = run(null, create({ schedPolicyType, schedPolicyExpr, hookClass: '', missed })).after;
    const fireAt = (state?.nextFireAt ?? 0) - at(0);
    const outageEnd = fireAt + (ticks - 1) * second;
    let last = 0;
    for (let fires = 0; fires < ticks; fires += 1) {
      const strike = step({ type: 'FireDue', eventId: `e${fires}` as EventId }, outageEnd);
      const { decision } = run(state, strike);
      const events = decision.ok ? decision.events : [];
      const ticked = events.flatMap((event) => (event.type === 'EventTriggered' ? [event.scheduledFor] : []));
      // the trigger and its close, however many have passed
      if (events.length !== 2 || ticked.length !== 1 || (ticked[0] ?? 0) <= last)
        throw new Error(`fire ${fires}: ${JSON.stringify(events)}`);
      last = ticked[0] ?? 0;
      // what another process reads back is all there is to go on from
      for (const event of events)
        state = evolve(state, {
          version: (state?.version ?? 0) + 1,
          commandId: null,
          event: eventFromJson(eventToJson(event)),
        });
    }
    expect(last).toBe(at(outageEnd));
    expect((state as TimerState).nextFireAt).toBe(at(outageEnd + second));
  },
);

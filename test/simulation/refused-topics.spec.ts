import { expect, it } from 'vitest';
import { type Emission, EmissionRefused, type EmissionSink } from '#engine';
import { simulate } from '#testing';

/** Kafka takes nothing of some timers until it was asked three times, and the rest of each batch at once. */
const refusing = (sink: EmissionSink, tell: (isWhole: boolean) => void): EmissionSink => {
  const asked = new Map<string, number>();
  const isRefused = ({ kind, state }: Emission): boolean => {
    const name = `${kind} ${state.id} ${state.open?.eventId} ${state.open?.attempt}`;
    const times = (asked.get(name) ?? 0) + 1;
    asked.set(name, times);
    return times <= 3 && Number.parseInt(state.id.slice(-2), 16) % 2 === 0;
  };
  return {
    emit: async (emissions) => {
      const refused = emissions.filter(isRefused);
      await sink.emit(emissions.filter((emission) => !refused.includes(emission)));
      if (refused.length === 0) return;
      tell(refused.length === emissions.length);
      throw new EmissionRefused('refused', refused);
    },
  };
};

it('keeps every promise through storms in which Kafka refuses parts of what is sent, for a while', async () => {
  const told = { whole: 0, inPart: 0 };
  for (let seed = 1; seed <= 60; seed += 1) {
    const { violations } = await simulate({
      seed,
      wraps: {
        fireLimits: { refusedRestMaxMs: 700 },
        emissions: (sink) =>
          refusing(sink, (isWhole) => {
            told[isWhole ? 'whole' : 'inPart'] += 1;
          }),
      },
    });
    expect(violations, `seed ${seed}`).toEqual([]);
  }
  expect(Math.min(told.whole, told.inPart)).toBeGreaterThan(10);
});

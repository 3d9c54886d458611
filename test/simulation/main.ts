import { parseArgs } from 'node:util';
import { type FaultName, faultNames, simulate } from '#testing';

// npm run sim -- --seeds 100000 --from 1: so many runs, one after the other; the first seeds that break a promise are
// told with what they broke. One seed alone shows what happened in it. --faults kill,stallAtCall: these, and nothing else goes wrong.

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    trace: { type: 'boolean', default: false },
    faults: { type: 'string' },
  },
});
const [seeds, from] = [Number(values.seeds), Number(values.from)];
const faults = values.faults === undefined ? null : namedFaults(values.faults);
const brokenMax = 20;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const startedAt = performance.now();
let [broken, events, commands, simulatedMs] = [0, 0, 0, 0];
for (let seed = from; seed < from + seeds && broken < brokenMax; seed += 1) {
  const result = await simulate({ seed, faults, keepsTrace: values.trace });
  events += result.events;
  commands += result.commands;
  simulatedMs += result.simulatedMs;
  for (const line of result.trace) say(line);
  if (seeds === 1) say(`seed ${seed}: trace ${result.traceHash}`);
  if (result.violations.length > 0) {
    broken += 1;
    say(`seed ${seed} broke ${result.violations.length} promises:`);
    for (const { promise, detail } of result.violations.slice(0, 5)) say(`  ${promise}: ${detail}`);
  }
  if ((seed - from + 1) % 1_000 === 0) say(`${seed - from + 1} seeds, ${broken} broken`);
}
const seconds = (performance.now() - startedAt) / 1_000;
say(
  `${seeds} seeds from ${from}: ${commands} commands, ${events} events, ${Math.round(simulatedMs / 1_000)} simulated seconds in ${seconds.toFixed(1)} s; ${broken} broken`,
);
process.exitCode = broken > 0 ? 1 : 0;

function namedFaults(list: string): readonly FaultName[] {
  const known = faultNames();
  return list.split(',').map((name) => {
    const found = known.find((fault) => fault === name);
    if (found === undefined) throw new RangeError(`${name} is no fault; these are: ${known.join(', ')}`);
    return found;
  });
}

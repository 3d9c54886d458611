import { unsettled } from '../settled.js';
import type { World } from '../world.js';
import { historiesOf } from './history.js';
import {
  answersOf,
  attemptsRise,
  childrenKnown,
  closedOnce,
  fenced,
  noTickLost,
  oneOpenEvent,
} from './life.js';
import { boundedMemory, noEarlyFire, watermarkKeepsStill, watermarksNamed } from './moments.js';
import { oneOutcome } from './outcomes.js';
import { foldEqualsState, logHasNoGap, steadyInOrder } from './stored.js';
import { everythingSent, feedInOrder, ofOneClass, openIsVisible, sameAgain, sentOf } from './topics.js';
import type { Violation } from './violation.js';

export type { Violation };

/** Every promise, checked on what a run left behind. */
export function violations(world: World): Violation[] {
  const histories = historiesOf(world);
  const due = sentOf(world.topics.due.all());
  const answers = answersOf(world);
  const named = watermarksNamed(world);
  const each = histories.flatMap((history) => [
    ...noEarlyFire(history),
    ...noTickLost(history, named),
    ...everythingSent(history, world, due),
    ...oneOpenEvent(history),
    ...closedOnce(history, world),
    ...fenced(history, answers),
    ...attemptsRise(history),
    ...watermarkKeepsStill(history, world),
    ...openIsVisible(history, due),
  ]);
  return [
    ...unsettled(world),
    ...each,
    ...childrenKnown(histories),
    ...sameAgain(histories, due),
    ...ofOneClass(due),
    ...foldEqualsState(histories, world),
    ...oneOutcome(histories, world),
    ...boundedMemory(world),
    ...feedInOrder(histories, world),
    ...logHasNoGap(histories, world),
    ...steadyInOrder(histories),
    ...world.witness.fatal.map(
      (error): Violation => ({ promise: 2, detail: `a process gave up: ${String(error)}` }),
    ),
  ];
}

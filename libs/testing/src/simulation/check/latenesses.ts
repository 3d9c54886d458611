import type { World } from '../world.js';
import { historiesOf } from './history.js';

/** Of each tick, ms: its trigger, or the word that it was dropped, after due time. */
export const latenesses = (world: World): number[] =>
  historiesOf(world).flatMap(({ entries }) =>
    entries.flatMap(({ event, before }) => {
      // a tick that came so late that the next one took its place is late all the same
      if (event.type === 'TicksDropped') return [event.at - event.first];
      return event.type === 'EventTriggered'
        ? [event.startedAt - (before?.nextFireAt ?? event.startedAt)]
        : [];
    }),
  );

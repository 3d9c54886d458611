import { describe } from 'vitest';
import { changing } from './timers/changing.js';
import { events } from './timers/events.js';
import { outlook } from './timers/outlook.js';
import { quotas } from './timers/quotas.js';
import { reading } from './timers/reading.js';
import { refusing } from './timers/refusing.js';
import { TimersStage, type TimersSubject } from './timers/stage.js';
import { watching } from './timers/watching.js';

/** The subject keeps `contractQuotas`. What calls mean to a user, whatever lies under them: the client of a running Carillon, and the one in memory. */
export function timersContract(name: string, open: () => Promise<TimersSubject>): void {
  describe(`Timers: ${name}`, () => {
    const stage = new TimersStage(open);
    changing(stage);
    reading(stage);
    events(stage);
    outlook(stage);
    watching(stage);
    refusing(stage);
    quotas(stage);
  });
}

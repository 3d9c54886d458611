import { describe } from 'vitest';
import { conditions } from './queries/conditions.js';
import { histories } from './queries/histories.js';
import { lookUps } from './queries/look-ups.js';
import { pages } from './queries/pages.js';
import { type QueriesSubject, Stage } from './subject.js';

/** What every TimerQueries answers, whatever lies under it. */
export function timerQueriesContract(name: string, open: () => Promise<QueriesSubject>): void {
  describe(`TimerQueries: ${name}`, () => {
    const stage = new Stage<QueriesSubject>(open);
    lookUps(stage);
    conditions(stage);
    pages(stage);
    histories(stage);
  });
}

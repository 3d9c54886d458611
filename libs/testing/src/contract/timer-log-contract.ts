import { describe } from 'vitest';
import { answers } from './answers.js';
import { clockStruck } from './clock-struck.js';
import { history } from './history.js';
import { offsetFence } from './offsets.js';
import { streams } from './streams.js';
import { type OpenSubject, Stage } from './subject.js';
import { usage } from './usage.js';

/** What every TimerLog keeps, whatever lies under it. */
export function timerLogContract(name: string, open: OpenSubject): void {
  describe(`TimerLog: ${name}`, () => {
    const stage = new Stage(open);
    offsetFence(stage);
    streams(stage);
    answers(stage);
    clockStruck(stage);
    history(stage);
    usage(stage);
  });
}

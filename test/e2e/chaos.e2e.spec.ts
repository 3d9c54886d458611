import { describe, expect, it } from 'vitest';
import { runChaos } from '../chaos/run-chaos.js';

const seed = 1;
const forMs = 120_000;

describe('two minutes of chaos under load', () => {
  it('lose no due time and no close, and leave a log that the state folds from', async () => {
    const lines: string[] = [];
    const report = await runChaos({ seed, forMs, createsPerSecond: 30, say: (line) => lines.push(line) });
    expect(report.lost, lines.join('\n')).toEqual([]);
    expect(report.findings).toEqual([]);
    expect(report.closesAccepted).toBe(report.fired);
    expect(report.fired).toBeGreaterThan(1_000);
    // a full disk that nothing was refused on would be none
    if (report.struck['disk-full'] !== undefined) expect(report.roomRefusals).toBeGreaterThan(0);
  }, 480_000);
});

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/**
 * How long this machine let an idle process wait, measured by one of its own all the while. A bound in real time that is about the
 * product adds what the same moments took from everybody: what is slow by itself is beyond it all the same.
 */
export class MachineStalls {
  private constructor(private readonly probe: ChildProcess) {}

  static async watch(): Promise<MachineStalls> {
    const probe = fork(join(process.cwd(), 'dist/test/harness/stall-probe.js'), { execArgv: [] });
    const stalls = new MachineStalls(probe);
    // it answers: it measures
    await stalls.longestMs(Date.now());
    return stalls;
  }

  /** Of those that touch this time, both ends epoch ms; one question at a time. */
  async longestMs(from: number, to = Date.now()): Promise<number> {
    const answer = once(this.probe, 'message');
    this.probe.send({ from, to });
    const [ms] = (await answer) as [number];
    return Math.ceil(ms);
  }

  /** Safe twice. */
  stop(): void {
    if (this.probe.connected) this.probe.disconnect();
  }
}

import { Injectable } from '@nestjs/common';
import type { DueEvent, HookContext } from '#hooks';
import { Hook } from '#hooks/nest';

@Injectable()
export class DemoHooks {
  /** Returning closes the event; the timer's next time follows from its schedule. */
  @Hook('demo')
  async greet(event: DueEvent): Promise<{ summaryData: string }> {
    return { summaryData: JSON.stringify({ lastGreeted: event.scheduledFor }) };
  }

  /** Throwing has it tried again, later each time; this one succeeds at the third attempt. */
  @Hook('demo-flaky')
  async stumble(event: DueEvent, { log }: HookContext): Promise<void> {
    if (event.attempt < 3) throw new Error(`attempt ${event.attempt} stumbles`);
    log.info({}, 'steady at last');
  }
}

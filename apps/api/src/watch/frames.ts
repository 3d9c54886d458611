import { momentText, timerRecord, type WatchMessage, type WatchNotice, watchKindOf } from '#contract';
import type { TimerEventType } from '#timer';
import { nameOf } from './timer-name.js';
import type { Told } from './told.js';

// Messages as bytes of the stream (WHATWG HTML, server-sent events). Made once for each event, whoever many read it.

/** Of an event: which of its four forms is made is up to who reads. */
export class EventFrames {
  readonly #made = new Map<string, string>();

  constructor(
    private readonly told: Told,
    private readonly position: string,
  ) {}

  frame(matches: boolean, withTimer: boolean): string {
    const form = `${matches}${withTimer}`;
    let made = this.#made.get(form);
    if (made === undefined) {
      made = this.#make(matches, withTimer);
      this.#made.set(form, made);
    }
    return made;
  }

  #make(matches: boolean, withTimer: boolean): string {
    const { event, after } = this.told;
    const head: Omit<WatchMessage, 'data' | 'timer'> = {
      kind: watchKindOf(event.type as TimerEventType),
      type: event.type,
      timerId: event.timerId,
      ...nameOf(event),
      version: event.version,
      recordedAt: momentText(event.recordedAt),
      ...(event.nextFireAt !== null && { nextFireTime: momentText(event.nextFireAt) }),
      ...(event.commandId !== null && { commandId: event.commandId }),
      matches,
    };
    const timer = withTimer && after ? `,"timer":${JSON.stringify(timerRecord(after))}` : '';
    // the event's JSON goes as it is stored
    const data = `${JSON.stringify(head).slice(0, -1)},"data":${event.data}${timer}}`;
    return `id: ${this.position}\nevent: ${head.kind}\ndata: ${data}\n\n`;
  }
}

export const noticeFrame = (
  notice: WatchNotice,
  position: string | null,
  body: { readonly code: string; readonly detail: string },
): Buffer =>
  Buffer.from(
    `${position === null ? '' : `id: ${position}\n`}event: ${notice}\ndata: ${JSON.stringify(body)}\n\n`,
  );

/** Keeps the connection, and moves Last-Event-ID on for those whose condition seldom holds; a client sees no event. */
export const heartbeatFrame = (position: string): Buffer => Buffer.from(`: beat\nid: ${position}\n\n`);

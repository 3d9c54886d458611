import { type WhyAnswer, type WhyRequest, whyTicksMax } from './answer.js';
import { explain } from './explain.js';
import { scheduleTicks } from './ticks.js';
import { readTimeline } from './timeline.js';

// Why a timer did or did not fire: its history read against its schedule, tick by tick.

/** Pure: the same history always gives the same answer. */
export function whyBetween(request: WhyRequest): WhyAnswer {
  const timeline = readTimeline(request);
  const { ticks, isCut } = scheduleTicks(timeline, request, whyTicksMax);
  return { entries: explain(timeline, ticks, request), isCut };
}

import { expect, it } from 'vitest';
import type { TimersStage } from './stage.js';

export function watching(stage: TimersStage): void {
  it('a watch tells what happens to the timers it means, in order, and goes on after a position', async () => {
    const { timers } = stage;
    const tags = [stage.key('watched')];
    const abort = new AbortController();
    const ready = Promise.withResolvers<void>();
    const seen: { readonly kind: string; readonly position: string }[] = [];
    const watching = (async () => {
      const options = { signal: abort.signal, onReady: ready.resolve, include: 'timer' } as const;
      for await (const change of timers.watch({ tags }, options)) {
        expect(change.timer?.version ?? change.version).toBe(change.version);
        seen.push({ kind: `${change.kind} ${change.type} ${change.matches}`, position: change.position });
      }
    })();
    await ready.promise;
    await stage.hourly();
    const { key } = await stage.hourly({ tags });
    await timers.updateTimer({ key }, { enable: false });
    await timers.updateTimer({ key }, {});
    await timers.updateTimer({ key }, { tags: [] });
    await timers.updateTimer({ key }, { enable: true });
    await timers.updateTimer({ key }, { tags });
    await timers.deleteTimer({ key });
    await timers.deleteTimer({ key });
    const expected = [
      'create TimerCreated true',
      'update TimerUpdated true',
      'update TimerUpdated true',
      'update TimerUpdated false',
      'update TimerUpdated true',
      'delete TimerDeleted false',
    ];
    await stage.subject.eventually('everything was told', async () => seen.length >= expected.length);
    abort.abort();
    await watching;
    expect(seen.map(({ kind }) => kind)).toEqual(expected);

    const again: string[] = [];
    for await (const change of timers.watch({ tags }, { after: seen[1]?.position ?? '' })) {
      again.push(`${change.kind} ${change.type} ${change.matches}`);
      if (again.length === expected.length - 2) break;
    }
    expect(again).toEqual(expected.slice(2));
  });
}

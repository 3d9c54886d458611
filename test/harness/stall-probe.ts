// Wants next to nothing of the machine, and notes how long it had to wait for that. Asked for a span of time, it answers with the longest.

const tickMs = 20;
/** What a process waits for in any case is not noted, ms. */
const notedMs = 10;
const noted: { readonly endedAt: number; readonly ms: number }[] = [];
let tickedAt = performance.now();

function tick(): void {
  const ms = performance.now() - tickedAt - tickMs;
  if (ms >= notedMs) noted.push({ endedAt: Date.now(), ms });
  tickedAt = performance.now();
}
setInterval(tick, tickMs);

process.on('message', ({ from, to }: { readonly from: number; readonly to: number }) => {
  const within = noted.filter(({ endedAt, ms }) => endedAt >= from && endedAt - ms <= to);
  process.send?.(Math.max(0, ...within.map(({ ms }) => ms)));
});
process.on('disconnect', () => process.exit(0));

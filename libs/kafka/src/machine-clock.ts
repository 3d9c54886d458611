/** Node rings at once for anything longer: 24.9 days. */
const stretchMsMax = 2 ** 31 - 1;

/** As `setTimeout`, however long; `Infinity`: never. For durations that a user names. The answer cancels it. */
export function ringAfter(durationMs: number, ring: () => void): () => void {
  const rest = (leftMs: number): NodeJS.Timeout =>
    leftMs > stretchMsMax
      ? setTimeout(() => {
          timer = rest(leftMs - stretchMsMax);
        }, stretchMsMax)
      : setTimeout(ring, leftMs);
  let timer = rest(durationMs);
  return () => clearTimeout(timer);
}

/** As `setInterval`, however long; `Infinity`: never. The answer cancels it. */
export function ringEvery(everyMs: number, ring: () => void): () => void {
  let cancel = ringAfter(everyMs, again);
  function again(): void {
    cancel = ringAfter(everyMs, again);
    ring();
  }
  return () => cancel();
}

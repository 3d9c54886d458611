/**
 * The earliest of the moments that are known: a default, a token's end, what a caller asks for. None known: now, so that
 * nothing lives without an end.
 */
export function earliestOf(...moments: readonly (Date | number | null | undefined)[]): Date {
  const known = moments.flatMap((moment) => {
    if (moment === null || moment === undefined) return [];
    return [moment instanceof Date ? moment.getTime() : moment];
  });
  return new Date(known.length === 0 ? Date.now() : Math.min(...known));
}

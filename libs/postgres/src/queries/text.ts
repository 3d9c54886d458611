/** Whether Postgres text can hold it; no timer has a name, tag or hook class that it cannot. */
export const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes('\0');

const lastCodePoint = 0x10ffff;
const surrogates = { first: 0xd800, afterLast: 0xe000 };

/** The first text after all that begin with a prefix, by code points (as UTF-8 bytes have it); null: there is none. */
export function prefixEnd(prefix: string): string | null {
  const points = [...prefix].map((character) => character.codePointAt(0) ?? 0);
  while (points.at(-1) === lastCodePoint) points.pop();
  const last = points.pop();
  if (last === undefined) return null;
  const next = last + 1 === surrogates.first ? surrogates.afterLast : last + 1;
  return String.fromCodePoint(...points, next);
}

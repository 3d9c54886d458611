export interface Limited<T> {
  readonly items: readonly T[];
  /** There were others beyond the limit. */
  readonly isMore: boolean;
}

/** Of all, or of what was asked for with one more than are wanted. */
export async function firstOf<T>(all: AsyncIterable<T> | Iterable<T>, limit: number): Promise<Limited<T>> {
  const items: T[] = [];
  for await (const item of all) {
    if (items.length === limit) return { items, isMore: true };
    items.push(item);
  }
  return { items, isMore: false };
}

/** Reads all, and holds as many as are wanted. */
export async function lastOf<T>(all: AsyncIterable<T>, limit: number): Promise<Limited<T>> {
  const items: T[] = [];
  let isMore = false;
  for await (const item of all) {
    items.push(item);
    if (items.length <= limit) continue;
    items.shift();
    isMore = true;
  }
  return { items, isMore };
}

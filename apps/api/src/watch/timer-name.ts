import type { StoredEvent } from '#engine';

export interface TimerName {
  readonly namespace: string;
  readonly key: string;
}

/** Namespaces contain no slash. */
export function nameOf({ recordKey }: Pick<StoredEvent, 'recordKey'>): TimerName {
  const slash = recordKey.indexOf('/');
  return { namespace: recordKey.slice(0, slash), key: recordKey.slice(slash + 1) };
}

import type { ParentRef } from '#timer';
import { type CommandRecord, commandRecord } from './command-record.js';
import type { FeedEvent } from './feed.js';

/**
 * What an event makes the relay send beside it: a parent is told that its child has ended. Null for any other. The
 * command's id is the child's, so telling it again after a crash changes nothing.
 */
export function followUpRecord({ type, timerId, recordKey, data }: FeedEvent): CommandRecord | null {
  // a parent is named by few events, and all pass here
  if (!enders.has(type) || !data.includes('"parent":')) return null;
  const fact = JSON.parse(data) as {
    readonly parent?: ParentRef;
    readonly ended?: { readonly parent?: ParentRef };
  };
  const parent = fact.parent ?? fact.ended?.parent;
  if (parent === undefined) return null;
  const namespace = recordKey.slice(0, recordKey.indexOf('/'));
  const { timerId: parentId, key } = parent;
  return commandRecord({ type: 'EndChild', id: timerId, namespace, key, parentId });
}

const enders: ReadonlySet<string> = new Set(['TimerEnded', 'TimerDeleted', 'EventClosed', 'EventGivenUp']);

import type { Condition, Order, Status } from '../api/types.ts';
import { statuses } from '../api/types.ts';

/** What the search fields hold; empty text: not asked for. */
export interface Search {
  readonly namespace: string;
  readonly keyPrefix: string;
  readonly tags: string;
  readonly hookClass: string;
  readonly status: readonly Status[];
  readonly enable: '' | 'true' | 'false';
  /** As `datetime-local` fields write it, in the reader's zone. */
  readonly dueFrom: string;
  readonly dueBefore: string;
  readonly order: Order;
}

const textFields = ['namespace', 'keyPrefix', 'tags', 'hookClass', 'dueFrom', 'dueBefore'] as const;
const orders: readonly Order[] = ['id', 'key', 'nextFireTime'];

export function searchOf(query: URLSearchParams): Search {
  const text = (name: string): string => query.get(name) ?? '';
  const enable = text('enable');
  return {
    namespace: text('namespace'),
    keyPrefix: text('keyPrefix'),
    tags: text('tags'),
    hookClass: text('hookClass'),
    status: statuses.filter((status) => query.getAll('status').includes(status)),
    enable: enable === 'true' || enable === 'false' ? enable : '',
    dueFrom: text('dueFrom'),
    dueBefore: text('dueBefore'),
    order: orders.find((order) => order === query.get('order')) ?? 'nextFireTime',
  };
}

/** The address that shows the same again. */
export function addressOf(search: Search): string {
  const query = new URLSearchParams();
  for (const name of textFields) if (search[name] !== '') query.set(name, search[name]);
  for (const status of search.status) query.append('status', status);
  if (search.enable !== '') query.set('enable', search.enable);
  if (search.order !== 'nextFireTime') query.set('order', search.order);
  const text = query.toString();
  return text === '' ? '#/timers' : `#/timers?${text}`;
}

export const wordsOf = (text: string): readonly string[] =>
  text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');

export const momentOf = (local: string): string | undefined => {
  const ms = Date.parse(local);
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
};

/** What the server is asked. */
export function conditionOf(search: Search): Condition {
  const tags = wordsOf(search.tags);
  const dueFrom = momentOf(search.dueFrom);
  const dueBefore = momentOf(search.dueBefore);
  return {
    ...(search.namespace !== '' && { namespace: search.namespace }),
    ...(search.keyPrefix !== '' && { keyPrefix: search.keyPrefix }),
    ...(tags.length > 0 && { tags }),
    ...(search.hookClass !== '' && { hookClass: search.hookClass }),
    ...(search.status.length > 0 && { status: search.status }),
    ...(search.enable !== '' && { enable: search.enable === 'true' }),
    ...(dueFrom !== undefined && { dueFrom }),
    ...(dueBefore !== undefined && { dueBefore }),
  };
}

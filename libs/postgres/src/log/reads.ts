import { answersPerIdMax, refusedKeyBytesMax, type TimerTarget, type TransactionRequest } from '#engine';
import { int4Array, int8Array, textArray, uuidArray } from '../connection/binary-array.js';
import type { Call } from '../connection/hot-connection.js';
import { statement } from '../connection/statement.js';

const fenceOffsets = statement('fence-offsets');
const loadByKey = statement('load-by-key');
const loadById = statement('load-by-id');
const loadDue = statement('load-due');
const loadDueElsewhere = statement('load-due-elsewhere');
const loadAnswers = statement('load-answers');
const loadTombstones = statement('load-tombstones');
const loadUsage = statement('load-usage');

/** Of specs and summaries that one transaction loads; the last one may go over. */
export const loadedBytesMax = 4 * 1024 * 1024;

export type What = 'offsets' | 'byKey' | 'byId' | 'due' | 'dueElsewhere' | 'answers' | 'tombstones' | 'usage';

/** In lock order: offsets, then states. */
export function readsFor({
  offsets,
  targets,
  commandIds,
  due,
  dueElsewhere,
  usageOf = [],
}: TransactionRequest): { what: What; call: Call }[] {
  const reads: { what: What; call: Call }[] = [];
  const { names, ids } = byAddress(targets);
  const namespaces = textArray(names.map(({ namespace }) => namespace));
  const keys = textArray(names.map(({ key }) => key));
  const read = (what: What, from: Call['statement'], values: readonly unknown[]) =>
    reads.push({ what, call: { statement: from, values } });

  if (offsets.length > 0) {
    read('offsets', fenceOffsets, [
      textArray(offsets.map((o) => o.topic)),
      int4Array(offsets.map((o) => o.partition)),
      int8Array(offsets.map((o) => o.expected)),
      int8Array(offsets.map((o) => o.next)),
    ]);
  }
  if (names.length > 0) read('byKey', loadByKey, [namespaces, keys, loadedBytesMax]);
  if (ids.length > 0) read('byId', loadById, [uuidArray(ids), loadedBytesMax]);
  if (due.length > 0) read('due', loadDue, [uuidArray(due), loadedBytesMax]);
  if (dueElsewhere.length > 0)
    read('dueElsewhere', loadDueElsewhere, [uuidArray(dueElsewhere), loadedBytesMax]);
  if (commandIds.length > 0)
    read('answers', loadAnswers, [uuidArray([...new Set(commandIds)]), answersPerIdMax, refusedKeyBytesMax]);
  if (targets.length > 0) read('tombstones', loadTombstones, [namespaces, keys, uuidArray(ids)]);
  if (usageOf.length > 0) {
    const counted = byAddress(usageOf);
    const known = new Set(counted.names.map(({ namespace }) => namespace));
    read('usage', loadUsage, [textArray([...known]), uuidArray(counted.ids)]);
  }
  return reads;
}

const byAddress = (targets: readonly TimerTarget[]) => ({
  names: targets.flatMap((target) => ('timerId' in target ? [] : [target])),
  ids: targets.flatMap((target) => ('timerId' in target ? [target.timerId] : [])),
});

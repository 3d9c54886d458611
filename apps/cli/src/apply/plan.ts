import { isDeepStrictEqual } from 'node:util';
import { declaredFields, fixedFields, type TimerRecord } from '#contract';
import type { DeclaredFields } from './declared.js';
import { type DeclaredTimer, isOwnerTag, type Manifest, ownerTag } from './manifest.js';

export interface FieldChange {
  readonly field: string;
  readonly from: unknown;
  readonly to: unknown;
}

interface Named {
  readonly namespace: string;
  readonly key: string;
}
/** What is to be done with one timer. Changes name the version that was looked at, so that nobody's change is lost. */
export type Step =
  | (Named & { readonly do: 'create'; readonly fields: DeclaredFields })
  | (Named & { readonly do: 'update'; readonly version: number; readonly changes: readonly FieldChange[] })
  | (Named & { readonly do: 'delete'; readonly version: number });

export interface Plan {
  readonly steps: readonly Step[];
  readonly same: number;
  /** Timers that another owner's file has. While there is one, nothing is applied. */
  readonly conflicts: readonly Conflict[];
  /** Left as they are, whole: half of what a file says of a timer is what nobody has said. */
  readonly fixed: readonly Fixed[];
}
export type Conflict = Named & { readonly owner: string };
/** A timer with fields that differ, and that no update changes. */
export type Fixed = Named & {
  readonly fields: readonly string[];
  /** Its payload is bytes, as sealed ones are: to make it anew from a file could put it down in the clear. */
  readonly isEncoded: boolean;
};

export interface Present {
  /** Those that the file names, where they are there. */
  readonly named: readonly TimerRecord[];
  /** All that carry the tag of the file's owner; read where pruning is asked for. */
  readonly owned: readonly TimerRecord[];
}

export const nameOf = ({ namespace, key }: Named): string => JSON.stringify([namespace, key]);

/** Pure: what makes the timers those of the file. */
export function planOf(manifest: Manifest, { named, owned }: Present): Plan {
  const present = new Map(named.map((record) => [nameOf(record), record]));
  const wanted = new Set(manifest.timers.map(nameOf));
  const steps: Step[] = [];
  const conflicts: Conflict[] = [];
  const fixed: Fixed[] = [];
  let same = 0;
  for (const timer of manifest.timers) {
    const { namespace, key } = timer;
    const record = present.get(nameOf(timer));
    if (record === undefined) steps.push({ do: 'create', namespace, key, fields: timer.fields });
    else {
      const owner = otherOwner(record, manifest.owner);
      const changes = changesOf(record, timer);
      const fields = changes.map(({ field }) => field).filter((field) => fixedFields.includes(field));
      if (owner !== null) conflicts.push({ namespace, key, owner });
      else if (fields.length > 0)
        fixed.push({ namespace, key, fields, isEncoded: record.dataEncoding !== undefined });
      else if (changes.length === 0) same += 1;
      else steps.push({ do: 'update', namespace, key, version: record.version, changes });
    }
  }
  for (const record of owned) {
    const { namespace, key, version } = record;
    if (!wanted.has(nameOf(record))) steps.push({ do: 'delete', namespace, key, version });
  }
  return { steps, same, conflicts, fixed };
}

function changesOf(record: TimerRecord, { record: wanted }: DeclaredTimer): FieldChange[] {
  return declaredFields.flatMap((field) => {
    const [from, to] = [record[field], wanted[field]];
    return isDeepStrictEqual(from, to) ? [] : [{ field, from, to }];
  });
}

function otherOwner({ tags }: TimerRecord, owner: string | null): string | null {
  const tag = tags.find((one) => isOwnerTag(one) && (owner === null || one !== ownerTag(owner)));
  return tag === undefined ? null : tag.slice(ownerTag('').length);
}

/** How an update says that a field has its standard again. */
const cleared: Readonly<Record<string, unknown>> = { exclude: [], needsClaim: false };

/** The fields of an update: what is absent in the file is cleared. */
export function setOf(changes: readonly FieldChange[]): Record<string, unknown> {
  return Object.fromEntries(
    changes.flatMap(({ field, to }) => {
      if (to !== undefined) return [[field, to]];
      return [[field, field in cleared ? cleared[field] : null]];
    }),
  );
}

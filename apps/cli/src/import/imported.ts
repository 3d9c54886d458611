import { stringify } from 'yaml';
import { type DeclaredFields, declared } from '../apply/declared.js';

/** What an importer made of one entry of its source. */
export interface Candidate {
  readonly namespace?: string;
  readonly key: string;
  readonly fields: DeclaredFields;
}
export interface Imported {
  readonly candidates: readonly Candidate[];
  /** What means something else here; the timer is made all the same. */
  readonly remarks: readonly string[];
  /** What could not be brought over. */
  readonly leftOut: readonly string[];
}

/** Keys that stand more than once get a number, in the order of the source. */
export function withOwnKeys(candidates: readonly Candidate[]): Candidate[] {
  const seen = new Map<string, number>();
  return candidates.map((candidate) => {
    const name = `${candidate.namespace ?? ''}/${candidate.key}`;
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? candidate : { ...candidate, key: `${candidate.key}-${count}` };
  });
}

/** A file for `apply`; what a create would refuse is left out with the reason. */
export function manifestOf(
  { candidates, remarks, leftOut }: Imported,
  now: number,
): Imported & { readonly yaml: string } {
  const [kept, refused]: [Candidate[], string[]] = [[], []];
  for (const candidate of withOwnKeys(candidates)) {
    const { namespace = 'default', key, fields } = candidate;
    const made = declared(namespace, key, fields, now);
    if (made.ok) kept.push(candidate);
    else refused.push(`${namespace}/${key}: ${made.message}`);
  }
  const timers = kept.map(({ namespace, key, fields }) => ({
    ...(namespace !== undefined && { namespace }),
    key,
    ...fields,
  }));
  return { candidates: kept, remarks, leftOut: [...leftOut, ...refused], yaml: stringify({ timers }) };
}

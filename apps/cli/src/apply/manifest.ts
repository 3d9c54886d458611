import { z } from 'zod';
import type { TimerRecord } from '#contract';
import { UsageError } from '../errors/exit-codes.js';
import { yamlDocuments } from '../yaml-documents.js';
import { type DeclaredFields, declared } from './declared.js';

/** The tag by which a file knows its own timers again. */
export const ownerTag = (owner: string): string => `applied:${owner}`;
export const isOwnerTag = (tag: string): boolean => tag.startsWith('applied:');

export interface DeclaredTimer {
  readonly namespace: string;
  readonly key: string;
  /** As a create of it would be answered. */
  readonly record: TimerRecord;
  /** As the file has it, the owner's tag added. */
  readonly fields: DeclaredFields;
}

export interface Manifest {
  readonly owner: string | null;
  readonly timers: readonly DeclaredTimer[];
}

const document = z.strictObject({
  namespace: z.string().min(1).default('default'),
  owner: z.string().min(1).max(64).optional(),
  timers: z.array(z.looseObject({ key: z.string().min(1), namespace: z.string().min(1).optional() })),
});

/**
 * Reads YAML (or JSON) documents; every problem of them is told at once.
 * @throws UsageError
 */
export function readManifest(text: string, now: number): Manifest {
  const problems: string[] = [];
  const timers: DeclaredTimer[] = [];
  const owners = new Set<string>();
  for (const yaml of yamlDocuments(text)) {
    const read = document.safeParse(yaml);
    if (!read.success) {
      problems.push(
        ...read.error.issues.map(({ path, message }) => `${path.join('.') || 'the file'}: ${message}`),
      );
      continue;
    }
    const { namespace, owner, timers: entries } = read.data;
    if (owner !== undefined) owners.add(owner);
    for (const entry of entries) collect({ namespace, owner, entry }, now, timers, problems);
  }
  if (owners.size > 1) problems.push(`one owner, not several: ${[...owners].join(', ')}`);
  problems.push(...twice(timers));
  if (problems.length > 0)
    throw new UsageError(`nothing was applied:\n${problems.map((one) => `  - ${one}`).join('\n')}`);
  return { owner: [...owners][0] ?? null, timers };
}

interface Entry {
  readonly namespace: string;
  readonly owner: string | undefined;
  readonly entry: { readonly key: string; readonly namespace?: string | undefined } & Record<string, unknown>;
}

function collect(
  { namespace: standard, owner, entry }: Entry,
  now: number,
  timers: DeclaredTimer[],
  problems: string[],
): void {
  const { key, namespace = standard, ...given } = entry;
  for (const name of ['watermark', 'summaryData', 'summaryDataEncoding'])
    if (name in given)
      problems.push(`${namespace}/${key}: ${name} is the timer's life, and no file decides it`);
  const fields = owner === undefined ? given : { ...given, tags: [...tagsOf(given), ownerTag(owner)] };
  const made = declared(namespace, key, fields, now);
  if (made.ok) timers.push({ namespace, key, record: made.record, fields });
  else
    problems.push(`${namespace}/${key}: ${made.field === undefined ? '' : `${made.field}: `}${made.message}`);
}

const tagsOf = ({ tags }: DeclaredFields): readonly unknown[] => (Array.isArray(tags) ? tags : []);

function twice(timers: readonly DeclaredTimer[]): string[] {
  const names = timers.map(({ namespace, key }) => `${namespace}/${key}`);
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))].map(
    (name) => `${name}: stands there more than once`,
  );
}

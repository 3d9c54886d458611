import type { Timer } from '../api/types.ts';
import { momentOf, wordsOf } from '../timers/search.ts';
import { localOf } from '../ui/format.ts';

/** What the fields hold, as text; empty: left to the default. */
export interface Form {
  readonly namespace: string;
  readonly key: string;
  readonly schedPolicyType: string;
  readonly schedPolicyExpr: string;
  readonly timeZone: string;
  readonly hookClass: string;
  readonly tags: string;
  readonly data: string;
  readonly enable: boolean;
  readonly startAt: string;
  readonly endAt: string;
  readonly maxFires: string;
  readonly jitter: string;
  readonly exclude: string;
  readonly gap: string;
  readonly overlap: string;
  readonly missed: string;
  readonly ackTimeout: string;
  readonly maxAttempts: string;
}
export type FieldName = keyof Form;

export const emptyForm: Form = {
  namespace: 'default',
  key: '',
  schedPolicyType: 'CRON',
  schedPolicyExpr: '',
  timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  hookClass: '',
  tags: '',
  data: '',
  enable: true,
  startAt: '',
  endAt: '',
  maxFires: '',
  jitter: '',
  exclude: '',
  gap: '',
  overlap: '',
  missed: '',
  ackTimeout: '',
  maxAttempts: '',
};

export function formOf(timer: Timer): Form {
  const exclude = (timer as { readonly exclude?: readonly string[] }).exclude ?? [];
  const { serviceDown, paused, createdLate } = timer.missed;
  const isOneRule = serviceDown.policy === paused.policy && paused.policy === createdLate.policy;
  return {
    namespace: timer.namespace,
    key: timer.key,
    schedPolicyType: timer.schedPolicyType,
    schedPolicyExpr: timer.schedPolicyExpr,
    timeZone: timer.timeZone,
    hookClass: timer.hookClass,
    tags: timer.tags.join(', '),
    data: timer.data ?? '',
    enable: timer.enable,
    startAt: localOf(timer.startAt),
    endAt: localOf(timer.endAt),
    maxFires: timer.maxFires === undefined ? '' : String(timer.maxFires),
    jitter: timer.jitter ?? '',
    exclude: exclude.join(', '),
    gap: timer.dst.gap,
    overlap: timer.dst.overlap,
    missed: isOneRule ? serviceDown.policy : '',
    ackTimeout: timer.ackTimeout,
    maxAttempts: String(timer.retry.maxAttempts),
  };
}

type Wire = Readonly<Record<string, unknown>>;
const numberOf = (text: string): unknown => (/^\d+$/.test(text.trim()) ? Number(text) : text);

/** How each field is written to the server; an empty one that the server cannot clear is left out. */
const writers: { readonly [Name in FieldName]: (form: Form) => Wire } = {
  namespace: ({ namespace }) => ({ namespace }),
  key: ({ key }) => ({ key }),
  schedPolicyType: ({ schedPolicyType }) => ({ schedPolicyType }),
  schedPolicyExpr: ({ schedPolicyExpr }) => ({ schedPolicyExpr }),
  timeZone: ({ timeZone }) => ({ timeZone }),
  hookClass: ({ hookClass }) => ({ hookClass }),
  tags: ({ tags }) => ({ tags: wordsOf(tags) }),
  data: ({ data }) => ({ data: data === '' ? null : data }),
  enable: ({ enable }) => ({ enable }),
  startAt: ({ startAt }) => ({ startAt: momentOf(startAt) ?? null }),
  endAt: ({ endAt }) => ({ endAt: momentOf(endAt) ?? null }),
  maxFires: ({ maxFires }) => ({ maxFires: maxFires === '' ? null : numberOf(maxFires) }),
  jitter: ({ jitter }) => ({ jitter: jitter === '' ? null : jitter }),
  exclude: ({ exclude }) => ({ exclude: wordsOf(exclude) }),
  gap: ({ gap }) => (gap === '' ? {} : { dst: { gap } }),
  overlap: ({ overlap }) => (overlap === '' ? {} : { dst: { overlap } }),
  missed: ({ missed }) => (missed === '' ? {} : { missed: { policy: missed } }),
  ackTimeout: ({ ackTimeout }) => (ackTimeout === '' ? {} : { ackTimeout }),
  maxAttempts: ({ maxAttempts }) =>
    maxAttempts === '' ? {} : { retry: { maxAttempts: numberOf(maxAttempts) } },
};
const names = Object.keys(writers) as readonly FieldName[];

function written(form: Form, chosen: readonly FieldName[]): Wire {
  const wire: Record<string, unknown> = {};
  for (const [name, value] of chosen.flatMap((field) => Object.entries(writers[field](form))))
    wire[name] = name === 'dst' ? { ...(wire.dst as object | undefined), ...(value as object) } : value;
  return wire;
}

/** Of a new timer: what was filled in. */
export const newTimerOf = (form: Form): Wire =>
  written(
    form,
    names.filter((name) => !['', emptyForm.enable].includes(form[name]) || name.startsWith('sched')),
  );

/** Of a timer that is there: what was changed. */
export const changeOf = (before: Form, form: Form): Wire =>
  written(
    form,
    names.filter((name) => form[name] !== before[name]),
  );

const fieldNames: Readonly<Record<string, FieldName>> = {
  'dst.gap': 'gap',
  'dst.overlap': 'overlap',
  'retry.maxAttempts': 'maxAttempts',
};

/** Which field a refusal belongs to; null: none that is shown. */
export function fieldOf(path: string | undefined): FieldName | null {
  if (path === undefined) return null;
  const inner = path.replace(/^(timer|set)\./, '');
  const first = inner.split('.')[0] ?? '';
  return fieldNames[inner] ?? names.find((name) => name === inner || name === first) ?? null;
}

/** What somebody may do in a namespace; each may do what those before it may. */
export const roles = ['reader', 'operator', 'admin'] as const;
export type Role = (typeof roles)[number];

/** Stands for every namespace; none is called so. */
export const everyNamespace = '*';
export type Namespaces = 'all' | readonly string[];

/** The highest role in each namespace, `*` among them. */
export type Grants = ReadonlyMap<string, Role>;

/** At most so many of one identity: a condition over namespaces has bounds too. */
export const grantsMax = 64;

const grantForm = /^(\*|[A-Za-z0-9._-]{1,256}):(reader|operator|admin)$/;

/** `billing:operator`, `*:reader`; null: no grant. */
export function parseGrant(text: string): readonly [namespace: string, role: Role] | null {
  const [, namespace, role] = grantForm.exec(text) ?? [];
  return namespace === undefined || role === undefined ? null : [namespace, role as Role];
}

/** Of several for one namespace the highest counts; what is no grant counts for nothing. */
export function grantsOf(texts: readonly string[]): Grants {
  const grants = new Map<string, Role>();
  for (const text of texts) {
    const grant = parseGrant(text);
    if (grant === null) continue;
    const [namespace, role] = grant;
    const known = grants.get(namespace);
    if (known === undefined || isAtLeast(role, known)) grants.set(namespace, role);
  }
  return new Map([...grants].slice(0, grantsMax));
}

const isAtLeast = (role: Role, needed: Role): boolean => roles.indexOf(role) >= roles.indexOf(needed);

/** Where somebody may do what a role may. */
export function namespacesWith(grants: Grants, needed: Role): Namespaces {
  const held = [...grants].flatMap(([namespace, role]) => (isAtLeast(role, needed) ? [namespace] : []));
  return held.includes(everyNamespace) ? 'all' : held;
}

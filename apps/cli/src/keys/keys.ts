import { hostname, userInfo } from 'node:os';
import { type ApiKey, type ApiKeyId, grantsMax, mintApiKey, parseGrant } from '#engine';
import { PostgresApiKeys } from '#postgres';
import { type EpochMs, parseInstant } from '#timer';
import { inFirstDatabase } from '../connection.js';
import { UsageError } from '../errors/exit-codes.js';
import { firstOf } from '../output/limited.js';
import { note, type ShownAs, say, sayJson, sayTable } from '../output/out.js';
import { type Column, harmless } from '../output/table.js';

const nameForm = /^[A-Za-z0-9._@-]{1,128}$/;

interface CreateFlags extends ShownAs {
  readonly grant: readonly string[];
  readonly expires?: string;
  readonly actor?: string;
}

export async function createKey(name: string, { grant, expires, actor, json }: CreateFlags): Promise<number> {
  if (!nameForm.test(name))
    throw new UsageError(`a name has 1 to 128 letters, digits, dots, @, - or _: ${name}`);
  const { id, hash, text } = mintApiKey();
  const wanted = {
    id,
    name,
    hash,
    grants: grantsFrom(grant),
    createdBy: whoAsks(actor),
    expiresAt: momentOf(expires),
  };
  const key = await withKeys((keys) => keys.add(wanted));
  if (key === null)
    throw new UsageError(
      `there is or was a key ${name}: a name stays that of one key, so that an audit can tell; choose another, as ${name}-2`,
    );
  if (json) {
    sayJson({ key: text, ...shown(key) });
    return 0;
  }
  // the answer alone, so that it can be led into a secret store
  say(text);
  note(`  ${name} (${id}): keep it now, it is not shown again`);
  return 0;
}

interface ListFlags extends ShownAs {
  readonly limit: string;
}

export async function listKeys({ limit, json }: ListFlags): Promise<number> {
  const found = await withKeys((store) => store.list(Number(limit) + 1));
  const { items, isMore } = await firstOf(found.map(shown), Number(limit));
  if (json) sayJson(items);
  else if (items.length === 0) note('there are no keys');
  else sayTable(items, columns);
  if (isMore) note(`there are more than ${limit}, made before these: raise --limit`);
  return 0;
}

interface RevokeFlags extends ShownAs {
  readonly actor?: string;
}

export async function revokeKey(id: string, { actor, json }: RevokeFlags): Promise<number> {
  const key = await withKeys((keys) => keys.revoke(id as ApiKeyId, whoAsks(actor)));
  if (key === null) throw new UsageError(`there is no key ${id}: \`carillon keys list\` shows them`);
  if (json) sayJson(shown(key));
  else note(harmless(`${key.name} (${id}) was revoked by ${key.revokedBy}`));
  return 0;
}

const withKeys = <T>(work: (keys: PostgresApiKeys) => Promise<T>): Promise<T> =>
  inFirstDatabase((pool) => work(new PostgresApiKeys(pool)));

/** Whoever may write to the database may call themselves anything: this is for the honest. */
const whoAsks = (actor: string | undefined): string => actor ?? `cli:${userOfThisProcess()}@${hostname()}`;

/** A container may run under a number that no passwd file knows. */
function userOfThisProcess(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid:${process.getuid?.()}`;
  }
}

function grantsFrom(texts: readonly string[]): readonly string[] {
  const wrong = texts.find((text) => parseGrant(text) === null);
  if (wrong !== undefined)
    throw new UsageError(`--grant ${wrong}: <namespace>:<role> is meant, as in billing:operator or *:reader`);
  if (texts.length > grantsMax) throw new UsageError(`a key has at most ${grantsMax} grants`);
  return texts;
}

function momentOf(text: string | undefined): EpochMs | null {
  if (text === undefined) return null;
  const moment = parseInstant(text);
  if (moment === null || moment <= Date.now())
    throw new UsageError(
      `--expires ${text}: a moment to come is meant, with its offset, as in 2027-01-31T00:00:00Z`,
    );
  return moment;
}

const momentText = (moment: EpochMs | null): string | undefined =>
  moment === null ? undefined : new Date(moment).toISOString();

/** All but the hash. */
const shown = ({ hash: _, ...key }: ApiKey) => ({
  ...key,
  createdAt: momentText(key.createdAt),
  expiresAt: momentText(key.expiresAt),
  revokedAt: momentText(key.revokedAt),
  revokedBy: key.revokedBy ?? undefined,
  lastUsedAt: momentText(key.lastUsedAt),
});
type Shown = ReturnType<typeof shown>;

const columns: readonly Column<Shown>[] = [
  { title: 'ID', of: ({ id }) => id },
  { title: 'NAME', of: ({ name }) => name },
  { title: 'GRANTS', of: ({ grants }) => grants.join(' ') },
  { title: 'CREATED', of: ({ createdAt }) => createdAt },
  { title: 'BY', of: ({ createdBy }) => createdBy },
  { title: 'EXPIRES', of: ({ expiresAt }) => expiresAt },
  { title: 'LAST USED', of: ({ lastUsedAt }) => lastUsedAt },
  { title: 'REVOKED', of: ({ revokedAt, revokedBy }) => revokedAt && `${revokedAt} by ${revokedBy}` },
];

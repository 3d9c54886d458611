const secretNames = /PASSWORD|SECRET|TOKEN|_KEY$/;
/** Up to the last @ of the authority: a password may hold some itself. */
const urlPassword = /:\/\/([^:/@\s]*):([^/\s,]*)@/g;
/** Shorter ones stand in too many words by chance. */
const secretLengthMin = 4;

/** What must stand in no log: each secret of an environment, as it is and as a URL or JSON has it. */
export function secretsOf(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const secrets = Object.entries(env).flatMap(([name, value = '']) =>
    secretNames.test(name) ? formsOf(value) : passwordsIn(value),
  );
  // the longest first: one may be a part of another
  return [...new Set(secrets)]
    .filter((secret) => secret.length >= secretLengthMin)
    .sort((a, b) => b.length - a.length);
}

/** The same text without them. */
export const withoutSecrets = (text: string, secrets: readonly string[]): string =>
  secrets.reduce((left, secret) => left.replaceAll(secret, '***'), text);

const passwordsIn = (urls: string): readonly string[] =>
  [...urls.matchAll(urlPassword)].flatMap(([, user, password = '']) =>
    // whoever knows the one knows the other: it hides nothing, and is often a word of our own
    password === user ? [] : [password, ...formsOf(decoded(password))],
  );

const formsOf = (secret: string): readonly string[] => [
  secret,
  encodeURIComponent(secret),
  JSON.stringify(secret).slice(1, -1),
];

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // a lone percent sign: it was written as it is
    return text;
  }
}

import { z } from 'zod';

/** Every problem of the environment at once: a person mends them in one go. */
export class InvalidConfiguration extends Error {
  readonly code = 'runtime/invalid-configuration';
  constructor(readonly problems: readonly string[]) {
    super(`the environment is not complete:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'InvalidConfiguration';
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

/** An empty variable is none: that is how a compose file or a chart passes on what nobody has set. */
export const givenVariables = (env: Environment): Environment =>
  Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));

/**
 * Reads the environment once, whole, at boot. Empty variables have their defaults.
 * @throws InvalidConfiguration
 */
export function loadConfig<S extends z.ZodObject>(schema: S, env: Environment): Readonly<z.infer<S>> {
  const read = schema.safeParse(givenVariables(env));
  if (read.success) return Object.freeze(read.data);
  throw new InvalidConfiguration(
    read.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`),
  );
}

const secretNames = /PASSWORD|SECRET|TOKEN|_KEY$/;

/** For `--print-config`: passwords in names and in URLs are blotted out. */
export function redacted(config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(config).map(([name, value]) => {
      if (secretNames.test(name)) return [name, '***'];
      return [name, Array.isArray(value) ? value.map(withoutPassword) : withoutPassword(value)];
    }),
  );
}

/** Up to the last @ of the authority: a password may hold some itself. Libpq takes one among the parameters as well. */
const withoutPassword = (value: unknown): unknown =>
  typeof value === 'string'
    ? value
        .replace(/(:\/\/[^:/@\s]*:)[^/\s]*@/g, '$1***@')
        .replace(/([?&](?:\w*password|\w*secret|\w*token)=)[^&\s]*/gi, '$1***')
    : value;

import type { FastifyRequest } from 'fastify';
import type { Authenticator, Identity } from '../http/access.js';

/** One way to prove who one is by what one bears. */
export interface TokenVerifier {
  /** Whether it has the form that this verifier knows; nothing is proved by it. */
  knows(token: string): boolean;
  /** Null: not valid, or not any more. @throws ProblemError `not-ready` */
  verify(token: string): Promise<Identity | null>;
}

/** Longer ones are nobody's: checking them would cost more than they are worth. */
const tokenLengthMax = 16_384;
const bearer = /^Bearer +([A-Za-z0-9._~+/=-]+)$/i;

/** `Authorization: Bearer …` and nothing else: what stands in an address ends up in logs. */
export class BearerAuthenticator implements Authenticator {
  constructor(private readonly verifiers: readonly TokenVerifier[]) {}

  async authenticate({ headers }: FastifyRequest): Promise<Identity | null> {
    const { authorization = '' } = headers;
    const [, token] = authorization.length > tokenLengthMax ? [] : (bearer.exec(authorization) ?? []);
    if (token === undefined) return null;
    const verifier = this.verifiers.find((one) => one.knows(token));
    return verifier === undefined ? null : verifier.verify(token);
  }
}

import { type CanActivate, createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { type Grants, grantsOf, type Namespaces, namespacesWith, type Role } from '#engine';
import type { EpochMs } from '#timer';
import { problem, withHeaders } from './problem-error.js';

// Who asks, and what they may. How somebody proves who they are is an Authenticator's matter; routes only say which
// role they need, and ask `mayUse` about a namespace.

/** Somebody who has proved who they are. */
export interface Identity {
  /** Becomes the actor of the commands; null: nobody in particular, who may name an actor by header. */
  readonly name: string | null;
  readonly grants: Grants;
  /** When the proof is over; null: never. */
  readonly expiresAt: EpochMs | null;
}

export interface Authenticator {
  /** Null: nobody that we know. @throws ProblemError `not-ready` if that cannot be told just now */
  authenticate(request: FastifyRequest): Promise<Identity | null>;
}
export const AUTHENTICATOR = Symbol('authenticator');

/** Everybody may do everything: for a process in development. */
export const openToAll: Authenticator = {
  authenticate: () => Promise.resolve({ name: null, grants: grantsOf(['*:admin']), expiresAt: null }),
};

/** Somebody at one route. */
export interface Principal extends Pick<Identity, 'name' | 'expiresAt'> {
  /** Where they have the role that the route needs. */
  readonly namespaces: Namespaces;
  /** Where they may read: of other namespaces they are not even told what is there. */
  readonly readable: Namespaces;
  /** Of everything: may look after what others have begun. */
  readonly isAdmin: boolean;
}

const neededRole = 'carillon.needed-role';
/** Which role a route needs at least; without: `reader`. */
export const Needs = (role: Role): MethodDecorator & ClassDecorator => SetMetadata(neededRole, role);
const isPublic = 'carillon.public';
/** Health, documents: nobody is asked who they are. */
export const Public = (): MethodDecorator & ClassDecorator => SetMetadata(isPublic, true);

const principals = new WeakMap<FastifyRequest, Principal>();
/** RFC 6750: what to come back with. */
const challenge = { 'www-authenticate': 'Bearer realm="carillon"' };

const identities = new WeakMap<FastifyRequest, Identity>();

/** Who asks; found out once a request. @throws ProblemError `unauthenticated`, `not-ready` */
export async function identify(request: FastifyRequest, authenticator: Authenticator): Promise<Identity> {
  const known = identities.get(request);
  if (known !== undefined) return known;
  const identity = await authenticator.authenticate(request);
  if (identity === null)
    throw withHeaders(
      problem('unauthenticated', 'send `Authorization: Bearer …` with an API key or a token that is valid'),
      challenge,
    );
  identities.set(request, identity);
  return identity;
}

export class AccessGuard implements CanActivate {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const places = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean | undefined>(isPublic, places) === true) return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const identity = await identify(request, this.authenticator);
    const needed = this.reflector.getAllAndOverride<Role | undefined>(neededRole, places) ?? 'reader';
    const principal = principalWith(identity, needed);
    if (principal.namespaces.length === 0)
      throw problem('forbidden', `this needs the role ${needed} in some namespace, which you have in none`);
    principals.set(request, principal);
    return true;
  }
}

const principalWith = ({ name, grants, expiresAt }: Identity, needed: Role): Principal => ({
  name,
  expiresAt,
  namespaces: namespacesWith(grants, needed),
  readable: namespacesWith(grants, 'reader'),
  isAdmin: namespacesWith(grants, 'admin') === 'all',
});

/** The principal of the request, in a handler's parameters. */
export const Who = createParamDecorator(
  (_: unknown, context: ExecutionContext): Principal =>
    principalOf(context.switchToHttp().getRequest<FastifyRequest>()),
);

export function principalOf(request: FastifyRequest): Principal {
  const principal = principals.get(request);
  if (principal === undefined) throw new Error('a route without a guard asked who is there');
  return principal;
}

export const isAmong = (namespaces: Namespaces, namespace: string): boolean =>
  namespaces === 'all' || namespaces.includes(namespace);
export const mayUse = ({ namespaces }: Principal, namespace: string): boolean =>
  isAmong(namespaces, namespace);

import { type CanActivate, createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { problem } from './problem-error.js';

// Who asks, and what they may. How somebody proves who they are is an Authenticator's matter; routes only say which
// role they need, and ask `mayUse` about a namespace.

export const roles = ['reader', 'operator', 'admin'] as const;
export type Role = (typeof roles)[number];

export interface Principal {
  /** Becomes the actor of the commands; null: nobody in particular, who may name an actor by header. */
  readonly name: string | null;
  readonly role: Role;
  readonly namespaces: 'all' | readonly string[];
}

export interface Authenticator {
  /** Null: nobody that we know. */
  authenticate(request: FastifyRequest): Promise<Principal | null>;
}
export const AUTHENTICATOR = Symbol('authenticator');

/** Everybody may do everything: for a process that only its own machine, or a gateway, can reach. */
export const openToAll: Authenticator = {
  authenticate: () => Promise.resolve({ name: null, role: 'admin', namespaces: 'all' }),
};

const neededRole = 'carillon.needed-role';
/** Which role a route needs at least; without: `reader`. */
export const Needs = (role: Role): MethodDecorator & ClassDecorator => SetMetadata(neededRole, role);
const isPublic = 'carillon.public';
/** Health, documents: nobody is asked who they are. */
export const Public = (): MethodDecorator & ClassDecorator => SetMetadata(isPublic, true);

const principals = new WeakMap<FastifyRequest, Principal>();

export class AccessGuard implements CanActivate {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const places = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean | undefined>(isPublic, places) === true) return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const principal = await this.authenticator.authenticate(request);
    if (principal === null) throw problem('unauthenticated', 'this needs credentials that are valid');
    const needed = this.reflector.getAllAndOverride<Role | undefined>(neededRole, places) ?? 'reader';
    if (roles.indexOf(principal.role) < roles.indexOf(needed))
      throw problem('forbidden', `this needs the role ${needed}; yours is ${principal.role}`);
    principals.set(request, principal);
    return true;
  }
}

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

export const mayUse = ({ namespaces }: Principal, namespace: string): boolean =>
  namespaces === 'all' || namespaces.includes(namespace);

import type { Action } from '#libs/policy-language';
import { createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import type { Caller } from '../authentication/caller.js';

export const REQUIRES = 'gatehouse:requires';
export const PUBLIC = 'gatehouse:public';

/**
 * The actions that a route authorises; on the method, or on the controller for all of its routes. The handler asks for
 * the thing that it resolved (`Access.require`); this says which questions it may ask, so that tests and readers see it.
 */
export const Requires = (...actions: [Action, ...Action[]]) => SetMetadata(REQUIRES, actions);

/** A route that needs no credential and decides nothing. A closed list: health, JWKS, discovery, schemas. */
export const Public = () => SetMetadata(PUBLIC, true);

/** The verified caller of the request. Throws a TypeError on a public route, which has none. */
export const CallerParam = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const { caller } = context.switchToHttp().getRequest<{ caller?: Caller }>();
  if (!caller) throw new TypeError('A public route has no caller.');
  return caller;
});

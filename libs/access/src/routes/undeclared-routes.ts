import { RoutePaths } from '#libs/http';
import { isAction } from '#libs/policy-language';
import type { INestApplicationContext } from '@nestjs/common';
import { listRoutes, type Route } from './list-routes.js';

/**
 * Of the OAuth server in identity: they authenticate clients and users themselves, and record for themselves. Its pages
 * (`/oauth2/interaction/…`) are routes of the framework, and public too.
 */
export const OAUTH_PATHS: readonly string[] = [
  '/oauth2/auth',
  '/oauth2/auth/:uid',
  '/oauth2/token',
  '/oauth2/introspect',
  '/oauth2/revoke',
  '/oauth2/jwks',
  '/oauth2/userinfo',
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
];

/** Raw routes that every service has, and that decide nothing. */
export const PUBLIC_PATHS: readonly string[] = ['/healthz', '/readyz', '/metrics', '/openapi.json'];

/**
 * Suite for the specs of every application: what is wrong with its routes, one sentence each; an empty list is what to
 * expect. Found are routes without `@Requires` or `@Public`, with both, with an action that the vocabulary does not
 * know, and routes that stand before the framework without being in `rawPaths` (those that record for themselves).
 */
export function undeclaredRoutes(app: INestApplicationContext, rawPaths: readonly string[] = []): string[] {
  const routes = listRoutes(app);
  const declared = new Set(routes.map(({ path }) => path));
  const exempt = new Set([...PUBLIC_PATHS, ...rawPaths]);
  const raw = app.get(RoutePaths, { strict: false }).list();
  const unknown = raw.filter(
    ({ path }) => !declared.has(path === '/' ? path : path.replace(/\/$/, '')) && !exempt.has(path),
  );
  return [
    ...routes.flatMap(faultOf),
    ...unknown.map(({ method, path }) => `${method} ${path} stands before the framework and is in no list`),
  ];
}

function faultOf({ method, path, controller, handler, actions, isPublic }: Route): string[] {
  const where = `${method} ${path} (${controller}.${handler})`;
  if (isPublic) return actions.length > 0 ? [`${where} is public and requires something`] : [];
  if (actions.length === 0) return [`${where} declares neither @Requires nor @Public`];
  return actions
    .filter((action) => !isAction(action))
    .map((action) => `${where} requires ${action}, which is no action`);
}

import { isAction } from '#libs/policy-language';
import { errors } from 'oidc-provider';
import { readDetails, type Detail } from '../provider/authorization-details.js';

/** Parameters that every grant of ours takes. */
export type TokenParameters = {
  readonly scope?: string | undefined;
  readonly resource?: string | readonly string[] | undefined;
  readonly authorization_details?: string | undefined;
};

/** Within what a token may be asked for. */
export type TokenBounds = {
  /** Undefined: every action. */
  readonly actions: readonly string[] | undefined;
  /** Public URLs of services; empty: every one. */
  readonly resources: readonly string[];
  /** What stands where no scope was asked for. */
  readonly scopesDefault: readonly string[];
};

export type Asked = {
  readonly resource: string;
  readonly scopes: readonly string[];
  readonly details: readonly Detail[] | undefined;
};

/** Scopes that one request names at most. */
const SCOPES_MAX = 100;

/**
 * What a token is asked to be for, within its bounds: all of it, or a refusal. A token without a scope is one that its
 * details alone describe.
 * @param services Public URLs of all services, the default first.
 * @throws InvalidScope, InvalidTarget, InvalidAuthorizationDetails
 */
export function readAsked(parameters: TokenParameters, bounds: TokenBounds, services: readonly string[]): Asked {
  const details = readDetails(parameters.authorization_details);
  const named = (parameters.scope ?? '').split(' ').filter((scope) => scope !== '');
  if (named.length > SCOPES_MAX) throw new errors.InvalidScope('too many scopes', '');
  for (const scope of named) requireWithin(scope, bounds);
  const scopes = named.length > 0 || details ? [...new Set(named)] : bounds.scopesDefault;
  if (scopes.length === 0 && !details) {
    throw new errors.InvalidScope('a scope or authorization_details must be asked for', '');
  }
  return { resource: readResource(parameters.resource, bounds, services), scopes, details };
}

function requireWithin(scope: string, { actions }: TokenBounds): void {
  if (isAction(scope) && (actions?.includes(scope) ?? true)) return;
  throw new errors.InvalidScope('requested scope is not allowed', scope);
}

/**
 * RFC 8707: one service, by its public URL or by one below it, as RFC 9728 names parts of it. The token is for the whole
 * service either way.
 * @throws InvalidTarget
 */
export function readResource(
  asked: TokenParameters['resource'],
  { resources }: Pick<TokenBounds, 'resources'>,
  services: readonly string[],
): string {
  const open = services.filter((service) => resources.length === 0 || resources.includes(service));
  const [only, ...others] = [asked ?? open[0]].flat();
  const service = only === undefined || others.length > 0 ? undefined : serviceOf(only, services);
  if (service !== undefined && open.includes(service)) return service;
  throw new errors.InvalidTarget('the resource must be the one public URL of a service that the client may ask for');
}

/** Services may stand below each other, so the longest that fits has it. Other spellings of a URL are nobody's. */
function serviceOf(resource: string, services: readonly string[]): string | undefined {
  const text = resource.replace(/\/$/, '');
  const { href = '', search, hash } = URL.parse(resource) ?? {};
  if (href.replace(/\/$/, '') !== text || search || hash) return undefined;
  const fitting = services.filter((service) => text === service || text.startsWith(`${service}/`));
  return fitting.toSorted((one, other) => other.length - one.length)[0];
}

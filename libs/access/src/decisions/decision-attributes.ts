import type { Authenticated, TokenIdentity } from '../authentication/caller.js';
import { callerText } from './caller-text.js';
import type { AccessResource } from './engine-request.js';

const known = new WeakMap<object, Readonly<Record<string, string>>>();

/**
 * Everything of the caller that a decision may have read, as text, by the names that conditions use; what the record's
 * own columns hold is left out. Made once per principal and key, then shared.
 */
export function callerAttributes(who: Omit<Authenticated, 'ok'>): Readonly<Record<string, string>> {
  const made = known.get(who);
  if (made) return made;
  const { principal, keyKind, keyLabels, issuedAtMs } = who;
  const attributes: Record<string, string> = {
    'credential.kind': keyKind,
    'credential.issuedAt': new Date(issuedAtMs).toISOString(),
    ...labelled('credential.labels', keyLabels),
    ...labelled('principal.labels', principal.labels),
  };
  if (principal.teams.length > 0) attributes['principal.teams'] = principal.teams.join(',');
  if (principal.groups.length > 0) attributes['principal.groups'] = principal.groups.join(',');
  if (who.restrictions) attributes['credential.restricted'] = 'true';
  if (who.scopes) attributes['credential.scope'] = who.scopes.join(' ');
  if (who.details) attributes['credential.detailed'] = 'true';
  Object.assign(attributes, tokenAttributes(who.token));
  known.set(who, Object.freeze(attributes));
  return attributes;
}

/** Which token it was, of a caller or of one that is refused; empty for keys. */
export function tokenAttributes(token: TokenIdentity | undefined): Readonly<Record<string, string>> {
  if (!token) return {};
  const { issuerId, tokenId, clientId } = token;
  return {
    'credential.issuer': issuerId,
    ...(tokenId && { 'credential.token': callerText(tokenId) }),
    ...(clientId && { 'credential.client': callerText(clientId) }),
  };
}

/** Those of a resource that is in no catalogue. */
export function resourceAttributes(resource: AccessResource): Readonly<Record<string, string>> {
  const { tenant, owner, team, name, tags } = resource;
  const attributes: Record<string, string> = { ...labelled('resource.tags', tags ?? {}) };
  if (tenant !== undefined) attributes['resource.tenant'] = tenant;
  if (owner !== undefined) attributes['resource.owner'] = owner;
  if (team !== undefined) attributes['resource.team'] = team;
  if (name !== undefined) attributes['resource.name'] = name;
  return attributes;
}

function labelled(prefix: string, labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).map(([key, value]) => [`${prefix}.${key}`, value]));
}

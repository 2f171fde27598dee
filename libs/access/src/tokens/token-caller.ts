import type { IssuerRecord, PrincipalRecord, TenantRecord } from '#libs/contracts';
import type { Authenticated } from '../authentication/caller.js';
import { isOperator, type EnginePrincipal, type PrincipalEntry } from '../identity/directory.js';
import type { Credential } from '../identity/credential-reader.js';
import type { IdentityView } from '../identity/identity-view.js';
import type { VerifiedToken } from './verified-token.js';

/** What follows from a token and the records that it depends on, as long as those are the same. */
export type TokenCaller = {
  readonly principal: PrincipalEntry;
  /** The principal's record that `caller` was made from. */
  readonly record: PrincipalRecord;
  /** Of its tenant, the same. */
  readonly tenantRecord: TenantRecord | undefined;
  /** The key that the token was exchanged for, as it was; undefined where there is none. */
  readonly key: Credential | undefined;
  /** The record of the issuer that the token was exchanged from, as it was. */
  readonly exchangedFrom: IssuerRecord | undefined;
  /** What ends everything that the principal has. */
  readonly revocationKey: string;
  readonly caller: Authenticated;
};

/** Undefined where nobody is meant by the token whose record can be read. */
export function callerOf(view: IdentityView, token: VerifiedToken): TokenCaller | undefined {
  const id = token.principalId(view);
  const principal = id === undefined ? undefined : view.directory.knownPrincipal(id);
  if (!principal?.record || !principal.engine) return undefined;
  const { record, engine } = principal;
  const { own } = token;
  const key = own?.keyId === undefined ? undefined : keyOf(view, own.keyId);
  const exchangedFrom = own?.issuerId === undefined ? undefined : view.issuers.find(own.issuerId);
  const tenantRecord = view.tenant(record.tenantId);
  const operator = isOperator(record);
  const caller: Authenticated = Object.freeze({
    ok: true,
    tenantId: record.tenantId,
    principalId: record.id,
    principalKind: operator ? 'operator' : record.kind,
    operator,
    keyId: own?.keyId ?? '',
    keyKind: 'token',
    authMethod: 'jwt',
    principal: withTeams(engine, own ? stillAdded(token.teams, exchangedFrom) : token.teams),
    restrictions: key?.terms?.compiled,
    scopes: token.scopes,
    details: token.details,
    keyLabels: key?.terms?.labels ?? {},
    tenantLabels: tenantRecord?.labels ?? {},
    // A token does not make a key younger than it is.
    issuedAtMs: key?.issuedAtMs ?? token.issuedAtMs,
    token: token.identity,
  });
  const revocationKey = `principal/${record.id}`;
  return { principal, record, tenantRecord, key, exchangedFrom, revocationKey, caller };
}

/** Whether everything that the caller was made from is as it was. */
export function isCurrent(view: IdentityView, token: VerifiedToken, made: TokenCaller): boolean {
  const { own } = token;
  return (
    made.record === made.principal.record &&
    made.tenantRecord === view.tenant(made.record.tenantId) &&
    (own?.keyId === undefined || isStill(view, own.keyId, made.key)) &&
    (own?.issuerId === undefined || made.exchangedFrom === view.issuers.find(own.issuerId))
  );
}

function keyOf({ credentials }: IdentityView, keyId: string): Credential | undefined {
  const slot = credentials.find(keyId);
  return slot < 0 ? undefined : credentials.read(slot, keyId);
}

function isStill({ credentials }: IdentityView, keyId: string, key: Credential | undefined): boolean {
  const slot = credentials.find(keyId);
  return key ? slot === key.slot && credentials.sequence(slot) === key.sequence : slot < 0;
}

/** Those that some rule of the issuer adds to this day: a token keeps nothing that its issuer has lost. */
function stillAdded(teams: readonly string[], issuer: IssuerRecord | undefined): readonly string[] {
  return teams.filter((team) => issuer?.mappings.some((mapping) => mapping.teams.includes(team)) ?? false);
}

function withTeams(principal: EnginePrincipal, added: readonly string[]): EnginePrincipal {
  if (added.every((team) => principal.teams.includes(team))) return principal;
  return Object.freeze({ ...principal, teams: [...new Set([...principal.teams, ...added])].sort() });
}

import { Authenticator, IdentityView, TokenAuthenticator, type Authenticated } from '#libs/access';
import { OWN_ISSUER_ID } from '#libs/contracts';
import { isAction } from '#libs/policy-language';
import { Clock } from '#libs/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { decodeJwt } from 'jose';
import { DETAILS_TYPE } from '../clients/client-metadata.js';
import { OwnTokens, type OwnToken } from '../tokens/own-tokens.js';
import {
  ACCESS_TOKEN_TYPE,
  API_KEY_TYPE,
  invalid,
  requireForm,
  type ExchangedCredential,
} from './exchanged-credential.js';

/** Verifies what is brought to be exchanged, as every guard verifies it. */
@Injectable()
export class SubjectTokens {
  constructor(
    @Inject(Authenticator) private readonly keys: Authenticator,
    @Inject(TokenAuthenticator) private readonly tokens: TokenAuthenticator,
    @Inject(OwnTokens) private readonly ownTokens: OwnTokens,
    @Inject(IdentityView) private readonly view: IdentityView,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** @throws InvalidGrant, the same whatever is wrong with it; InvalidRequest for a type that is not taken. */
  async verify(text: string, type: string): Promise<ExchangedCredential> {
    requireForm(text, type);
    if (type === API_KEY_TYPE) return this.key(text);
    const own = await this.ownTokens.find(text);
    if (own) {
      if (type !== ACCESS_TOKEN_TYPE) throw invalid();
      return fromOwn(own);
    }
    return this.foreign(text);
  }

  private key(text: string): ExchangedCredential {
    const who = this.keys.authenticate(text, this.clock.nowMs());
    // An operator's key stays what it is: its rights are not to be handed around.
    if (!who.ok || who.operator) throw invalid();
    const expiresAt = this.view.credential(who.keyId)?.expiresAt;
    const expiresAtMs = expiresAt == null ? Number.POSITIVE_INFINITY : Date.parse(expiresAt);
    return { ...open, ...ofPrincipal(who), expiresAtMs, claims: { gh_key: who.keyId } };
  }

  /** A token of an issuer that the tenant trusts. What it narrows by goes over; its issuer stays named in the new one. */
  private async foreign(text: string): Promise<ExchangedCredential> {
    const who = await this.tokens.authenticate(text, this.clock.nowMs());
    if (!who.ok || who.operator || !who.token || who.token.issuerId === OWN_ISSUER_ID) throw invalid();
    const claims = decodeJwt(text);
    const scopes = typeof claims['scope'] === 'string' ? claims['scope'].split(' ').filter(isAction) : [];
    const own = this.view.principal(who.principalId)?.teams ?? [];
    const added = who.principal.teams.filter((team) => !own.includes(team));
    return {
      ...open,
      ...ofPrincipal(who),
      expiresAtMs: Number(claims.exp) * 1_000,
      scopes: scopes.length > 0 ? scopes : undefined,
      details: detailsOf(claims['authorization_details']),
      claims: { gh_issuer: who.token.issuerId, ...(added.length > 0 && { gh_teams: added }) },
    };
  }
}

/** Not narrowed by anything that the credential itself says. */
const open = { scopes: undefined, details: undefined, resource: undefined };

const ofPrincipal = ({ principalId, tenantId }: Authenticated) => ({ principalId, tenantId });

/** One of ours for a narrower one: it stays of the same grant, session, key and issuer, and ends with each of them. */
function fromOwn({ who, claims }: OwnToken): ExchangedCredential {
  if (who.operator) throw invalid();
  const { gh_key, gh_issuer, gh_teams, gh_session, act } = claims;
  return {
    ...ofPrincipal(who),
    expiresAtMs: claims.exp * 1_000,
    scopes: claims.scope?.split(' '),
    details: claims.authorization_details,
    resource: claims.aud,
    grantId: claims.gh_grant,
    claims: {
      ...(gh_key !== undefined && { gh_key }),
      ...(gh_issuer !== undefined && { gh_issuer }),
      ...(gh_teams !== undefined && { gh_teams }),
      ...(gh_session !== undefined && { gh_session }),
      ...(act !== undefined && { act }),
    },
  };
}

/** Those that a guard would hold the token to; everybody else's go nowhere. */
function detailsOf(given: unknown): readonly Readonly<Record<string, unknown>>[] | undefined {
  if (!Array.isArray(given)) return undefined;
  const ours = given.filter((detail: { type?: unknown } | null) => detail?.type === DETAILS_TYPE);
  return ours.length > 0 ? (ours as Record<string, unknown>[]) : undefined;
}

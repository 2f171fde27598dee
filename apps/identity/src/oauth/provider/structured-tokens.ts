import { EventStore, Publication, PUBLISHED_WAIT_MS } from '#libs/event-store';
import { Clock } from '#libs/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { revocationStep } from '../../revocations/revocation-step.js';
import { GrantEnds } from '../grant-ends.js';
import { oauthRequestOfRaw } from '../oauth-requests.js';
import { OwnTokens, type OwnToken } from '../tokens/own-tokens.js';

/**
 * Introspection (RFC 7662) and revocation (RFC 7009) of access tokens. Nobody stores them, so oidc-provider refuses, once
 * it has authenticated the client; this answers in its place. Only what a client got itself is anything to it.
 */
@Injectable()
export class StructuredTokens {
  constructor(
    @Inject(OwnTokens) private readonly tokens: OwnTokens,
    @Inject(EventStore) private readonly store: EventStore,
    @Inject(GrantEnds) private readonly ends: GrantEnds,
    @Inject(Publication) private readonly publication: Publication,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  async answer(context: KoaContextWithOIDC): Promise<void> {
    const { body, oidc } = context;
    if ((body as { error?: string } | undefined)?.error !== 'unsupported_token_type') return;
    const token = await this.tokens.find(String(oidc.params?.['token']));
    const own = token?.claims.client_id === oidc.client?.clientId ? token : undefined;
    if (oidc.route === 'revocation' && own) await this.revoke(context, own);
    context.status = 200;
    context.body = oidc.route === 'revocation' ? '' : introspected(own);
    if (oidc.route === 'revocation') context.remove('content-type');
  }

  /** Answered once the broker has it, as every narrowing write is, or after a while all the same: it will be. */
  private async revoke(context: KoaContextWithOIDC, { claims }: OwnToken): Promise<void> {
    const { jti, tenant: tenantId, client_id: actor, gh_grant: grantId } = claims;
    const { requestId = '', decisionId = '' } = oauthRequestOfRaw(context.req) ?? {};
    const attributed = { actor, tenantId, requestId, decisionId };
    const { position } =
      grantId === jti
        ? // A grant of this one token, so that what it was exchanged for ends with it.
          await this.ends.end({ kind: 'grant', id: grantId, tenantId }, attributed)
        : await this.store.executeAll([revocationStep({ kind: 'token', id: jti, tenantId, at: this.at(claims.iat) })], {
            context: attributed,
          });
    await this.publication.reached(position, PUBLISHED_WAIT_MS);
  }

  /** Not before the token itself: clocks of replicas differ. */
  private at(issuedAtSeconds: number): string {
    return new Date(Math.max(this.clock.nowMs(), issuedAtSeconds * 1_000)).toISOString();
  }
}

function introspected(token: OwnToken | undefined): object {
  if (!token) return { active: false };
  const { tenant, teams: _, gh_epoch: __, gh_grant: ___, gh_session: ____, ...claims } = token.claims;
  return { active: true, token_type: 'Bearer', ...claims, tenant };
}

import { DecisionLog, NOBODY, type DecisionEntry } from '#libs/access';
import type { DecisionReason } from '#libs/contracts';
import { Clock } from '#libs/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import type { Provider } from 'oidc-provider';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { v7 } from 'uuid';
import { ownMetadata } from './clients/client-metadata.js';
import { issuedIn } from './grants/client-credentials.grant.js';
import type { PublicRequest } from '../public-request.js';
import { oauthRequestOfRaw } from './oauth-requests.js';

/** One decision of the OAuth server. Ids are '' where nobody was verified. */
export type OAuthDecision = {
  readonly outcome: 'allow' | 'deny';
  readonly reason: DecisionReason;
  /** What the caller sees; '' when allowed. */
  readonly code: string;
  readonly status: number;
  /** `login`, `consent`, `grant`, `authorization`, `introspection`, `revocation`. */
  readonly what: string;
  readonly tenantId?: string | undefined;
  readonly principalId?: string | undefined;
  readonly clientId?: string | undefined;
  readonly attributes?: Readonly<Record<string, string | undefined>>;
};

type Failure = Error & { readonly error?: string; readonly status?: number; readonly error_detail?: string };

/** Writes down every login, consent, grant and refusal: an allowed one before its effect, and nothing presentable of it. */
@Injectable()
export class OAuthDecisions {
  constructor(
    @Inject(DecisionLog) private readonly log: DecisionLog,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** Throws where an allowed decision cannot be kept: then it must not take effect. */
  record(request: PublicRequest, decision: OAuthDecision): void {
    const entry = this.entryOf(request, decision);
    if (decision.outcome === 'allow' || decision.tenantId) this.log.record(entry);
    else this.log.recordUnverified(entry);
  }

  /** Records what oidc-provider decides, before it answers. */
  watch(provider: Provider): void {
    provider.on('grant.success', (context) => this.granted(context));
    provider.on('authorization.success', (context) => this.allowed(context, 'authorization'));
    for (const what of ['grant', 'authorization', 'introspection', 'revocation', 'userinfo'] as const) {
      provider.on(`${what}.error` as 'grant.error', (context, error) => this.refused(context, what, error));
    }
  }

  private granted(context: KoaContextWithOIDC): void {
    const { params, entities } = context.oidc;
    const made = issuedIn(context);
    const token = entities.AccessToken;
    this.allowed(context, 'grant', {
      'oauth.grant_type': String(params?.['grant_type'] ?? ''),
      'oauth.grant': token?.grantId ?? made?.tokenId,
      'oauth.token': made?.tokenId ?? token?.jti,
      principalId: made?.principalId ?? token?.accountId,
    });
  }

  private allowed(context: KoaContextWithOIDC, what: string, more: Readonly<Record<string, string | undefined>> = {}) {
    const { principalId = context.oidc.session?.accountId, ...attributes } = more;
    const known = { outcome: 'allow', reason: 'granted', code: '', status: context.status } as const;
    this.recordOf(context, { ...known, what, principalId, attributes: { ...this.asked(context), ...attributes } });
  }

  private refused(context: KoaContextWithOIDC, what: string, error: Failure): void {
    const code = error.error ?? 'server_error';
    // Answered behind it: a token that is not stored is no fault.
    if (code === 'unsupported_token_type') return;
    const isAuthenticated = code !== 'invalid_client';
    const reused = (error.error_detail ?? '').match(/already (used|consumed)|presented twice/) !== null;
    const reason = reused ? 'oauth_reuse' : isAuthenticated ? 'oauth_refused' : 'client_unauthenticated';
    const principalId = reused ? context.oidc.entities.Account?.accountId : undefined;
    const attributes = {
      ...this.asked(context),
      'oauth.grant_type': String(context.oidc.params?.['grant_type'] ?? ''),
    };
    const refusal = {
      outcome: 'deny',
      reason,
      code,
      status: error.status ?? 500,
      what,
      principalId,
      attributes,
    } as const;
    this.recordOf(context, refusal, isAuthenticated);
  }

  private recordOf(context: KoaContextWithOIDC, decision: OAuthDecision, isAuthenticated = true): void {
    const request = oauthRequestOfRaw(context.req);
    if (!request) throw new TypeError('This request did not come through the mount.');
    const client = isAuthenticated ? context.oidc.client : undefined;
    const tenantId = ownMetadata(client)?.tenantId;
    this.record(request, { ...decision, tenantId, clientId: client?.clientId });
  }

  private asked({ oidc: { params } }: KoaContextWithOIDC): Record<string, string> {
    const text = (name: string) => (typeof params?.[name] === 'string' ? params[name] : '');
    return { 'oauth.scope': text('scope').slice(0, 512), 'oauth.resource': text('resource').slice(0, 256) };
  }

  private entryOf(request: PublicRequest, decision: OAuthDecision): DecisionEntry {
    const { what, clientId = '', tenantId = '', principalId = '', attributes = {} } = decision;
    const given = Object.entries({ ...attributes, 'oauth.client': clientId, 'oauth.step': what });
    return {
      ...NOBODY,
      ...request,
      decisionId: takeId(request),
      atMs: this.clock.nowMs(),
      tenantId,
      principalId,
      principalKind: principalId === '' ? '' : principalId.startsWith('va_') ? 'virtual-account' : 'user',
      operation: 'admin',
      action: '',
      resourceType: 'oauth-client',
      resource: clientId,
      outcome: decision.outcome,
      code: decision.code,
      reason: decision.reason,
      httpStatus: decision.status,
      attributes: Object.fromEntries(given.filter((pair): pair is [string, string] => Boolean(pair[1]))),
    };
  }
}

const taken = new WeakSet<PublicRequest>();

/** The first decision of a request has the id that its answer carries; each further one has its own. */
function takeId(request: PublicRequest): string {
  if (taken.has(request)) return v7();
  taken.add(request);
  return request.decisionId;
}

import { Clock, Logger } from '#libs/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import type { JWK, Provider } from 'oidc-provider';
import { PublicUrls } from '../../public-urls.js';
import { SigningKeys, type PublishedKey } from '../../signing-keys/signing-keys.js';
import { ArtifactTable } from '../artifacts/artifact-table.js';
import { GrantTable } from '../artifacts/grant-table.js';
import { ReplayTable } from '../artifacts/replay-table.js';
import { ownMetadata } from '../clients/client-metadata.js';
import { Clients } from '../clients/clients.js';
import {
  clientCredentials,
  clientCredentialsParameters,
  CLIENT_CREDENTIALS,
} from '../grants/client-credentials.grant.js';
import { SubjectTokens } from '../grants/subject-tokens.js';
import { exchangeParameters, tokenExchange, TOKEN_EXCHANGE } from '../grants/token-exchange.grant.js';
import { GrantEnds } from '../grant-ends.js';
import { OAuthDecisions } from '../oauth-decisions.js';
import { AccessTokens } from '../tokens/access-tokens.js';
import { CodeTokens } from '../tokens/code-tokens.js';
import { TokenSubjects } from '../tokens/token-subjects.js';
import { configurationOf } from './configuration.js';
import { listOwnModes, QueryProvider } from './query-provider.js';
import { rotationOf } from './refresh-retries.js';
import { StructuredTokens } from './structured-tokens.js';

/** Injection token: the keys that OAuth's cookies are signed with. */
export const COOKIE_KEYS = Symbol('cookie keys');

/** oidc-provider, made anew whenever another key signs: it takes its keys when it is made. */
@Injectable()
export class OAuthProvider {
  private made: { readonly kids: string; readonly provider: Provider } | undefined;

  constructor(
    @Inject(ArtifactTable) private readonly artifacts: ArtifactTable,
    @Inject(GrantTable) private readonly grants: GrantTable,
    @Inject(ReplayTable) private readonly replays: ReplayTable,
    @Inject(Clients) private readonly clients: Clients,
    @Inject(GrantEnds) private readonly ends: GrantEnds,
    @Inject(CodeTokens) private readonly codeTokens: CodeTokens,
    @Inject(TokenSubjects) private readonly subjects: TokenSubjects,
    @Inject(SubjectTokens) private readonly subjectTokens: SubjectTokens,
    @Inject(AccessTokens) private readonly tokens: AccessTokens,
    @Inject(StructuredTokens) private readonly structured: StructuredTokens,
    @Inject(OAuthDecisions) private readonly decisions: OAuthDecisions,
    @Inject(SigningKeys) private readonly keys: SigningKeys,
    @Inject(PublicUrls) private readonly urls: PublicUrls,
    @Inject(COOKIE_KEYS) private readonly cookieKeys: readonly Buffer[],
    @Inject(Clock) private readonly clock: Clock,
    @Inject(Logger) private readonly logger: Logger,
  ) {}

  /** For the keys of this moment. */
  get(): Provider {
    const keys = this.keys.published();
    const kids = keys.map(({ kid }) => kid).join();
    if (this.made?.kids !== kids) this.made = { kids, provider: this.make(keys) };
    return this.made.provider;
  }

  private make(keys: readonly PublishedKey[]): Provider {
    const { artifacts, grants, replays, clients, ends, codeTokens, cookieKeys, urls } = this;
    const stores = { artifacts, grants, replays, clients, ends };
    const jwks = keys.map(({ privateJwk }) => privateJwk as unknown as JWK);
    const services = urls.resources;
    const provider = new QueryProvider(
      urls.issuer,
      configurationOf({ ...stores, codeTokens, cookieKeys, services, keys: jwks }),
    );
    this.registerGrants(provider);
    provider.Client.prototype.compareClientSecret = function compare(this: object, actual: string) {
      return clients.hasSecret(ownMetadata(this), actual);
    };
    // Behind the one proxy that `mount.ts` plays: scheme and host are those of the public URL.
    provider.proxy = true;
    provider.use(async (context, next) => {
      await next();
      await this.structured.answer(context as never);
      listOwnModes(context as never);
      const { answered } = rotationOf(context);
      if (answered !== undefined) (context.body as Record<string, unknown>)['refresh_token'] = answered;
    });
    this.decisions.watch(provider);
    provider.on('server_error', (_context, error) => this.logger.error({ err: error }, 'OAuth failed'));
    return provider;
  }

  private registerGrants(provider: Provider): void {
    const { subjects, tokens, urls, subjectTokens, clock } = this;
    const parts = { subjects, tokens, urls };
    provider.registerGrantType(CLIENT_CREDENTIALS, clientCredentials(parts), clientCredentialsParameters);
    const exchange = tokenExchange({ ...parts, subjectTokens, clock });
    provider.registerGrantType(TOKEN_EXCHANGE, exchange, exchangeParameters);
  }
}

import { DECISION_ID_HEADER } from '#libs/access';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { PublicUrls } from '../public-urls.js';
import { oauthRequestOf } from './oauth-requests.js';
import { OAuthProvider } from './provider/oauth-provider.js';

/** Every route that oidc-provider answers. They stand before the framework: no guard, and decisions of their own. */
export const OAUTH_ROUTES = [
  ['GET', '/oauth2/auth'],
  ['POST', '/oauth2/auth'],
  ['GET', '/oauth2/auth/:uid'],
  ['POST', '/oauth2/token'],
  ['POST', '/oauth2/introspect'],
  ['POST', '/oauth2/revoke'],
  ['GET', '/oauth2/jwks'],
  ['GET', '/oauth2/userinfo'],
  ['POST', '/oauth2/userinfo'],
  ['GET', '/.well-known/openid-configuration'],
  ['GET', '/.well-known/oauth-authorization-server'],
] as const;

/** Puts the OAuth server in front of everything that reads a body: it reads its own. */
@Injectable()
export class OAuthMount implements OnModuleInit {
  private readonly public: URL;

  constructor(
    @Inject(HttpAdapterHost) private readonly adapters: HttpAdapterHost,
    @Inject(PublicUrls) urls: PublicUrls,
    @Inject(OAuthProvider) private readonly provider: OAuthProvider,
  ) {
    this.public = new URL(urls.issuer);
  }

  /** Once the framework has put its own hooks in front of every route. */
  onModuleInit(): void {
    const server = this.adapters.httpAdapter.getInstance<FastifyInstance>();
    for (const [method, url] of OAUTH_ROUTES) {
      const handOver = (request: FastifyRequest, reply: FastifyReply) => this.handOver(request, reply);
      server.route({ method, url, onRequest: handOver, handler: () => undefined, exposeHeadRoute: false });
    }
  }

  private async handOver(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    reply.hijack();
    const { raw } = reply;
    raw.setHeader('x-request-id', request.id);
    raw.setHeader(DECISION_ID_HEADER, oauthRequestOf(request).decisionId);
    this.believeNobody(request.raw.headers);
    await this.provider.get().callback()(request.raw, raw);
  }

  /** Links and cookies are those of the public URL, whatever a caller or a proxy writes into headers. */
  private believeNobody(headers: NodeJS.Dict<string | string[]>): void {
    for (const name of Object.keys(headers)) if (name.startsWith('x-forwarded-')) delete headers[name];
    headers['host'] = this.public.host;
    headers['x-forwarded-proto'] = this.public.protocol.slice(0, -1);
  }
}

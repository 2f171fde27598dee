import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Provider } from 'oidc-provider';
import { PublicUrls } from '../../public-urls.js';
import { ownMetadata, type OwnMetadata } from '../clients/client-metadata.js';
import { OAuthProvider } from '../provider/oauth-provider.js';
import { FormTokens } from './form-token.js';

export type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;

/** An authorization request that waits for whoever sits at the browser. */
export type Pending = {
  readonly interaction: Interaction;
  readonly prompt: string;
  readonly client: OwnMetadata;
  readonly clientName: string;
  readonly redirectUri: string;
  /** Where its forms go, without a slash at the end. */
  readonly action: string;
  /** What its forms carry. */
  readonly token: string;
};

/** Injection token: what forms are signed with. */
export const FORM_KEY = Symbol('form key');

/** Finds the request that a browser's cookie names. */
@Injectable()
export class PendingRequests {
  private readonly tokens: FormTokens;

  constructor(
    @Inject(OAuthProvider) private readonly provider: OAuthProvider,
    @Inject(PublicUrls) private readonly urls: PublicUrls,
    @Inject(FORM_KEY) key: Uint8Array,
  ) {
    this.tokens = new FormTokens(key);
  }

  /** Undefined where the browser has no such interaction, or its client is gone. */
  async find(request: FastifyRequest, reply: FastifyReply, uid: string): Promise<Pending | undefined> {
    const provider = this.provider.get();
    const interaction = await provider.interactionDetails(request.raw, reply.raw).catch(() => undefined);
    if (interaction?.uid !== uid) return undefined;
    const client = await provider.Client.find(String(interaction.params['client_id']));
    const own = ownMetadata(client);
    if (!client || !own) return undefined;
    return {
      interaction,
      prompt: interaction.prompt.name,
      client: own,
      clientName: client.clientName ?? own.id,
      redirectUri: String(interaction.params['redirect_uri']),
      action: `/oauth2/interaction/${uid}`,
      token: this.tokens.make(uid),
    };
  }

  /** Like {@link find}, for a form that was sent: it must be the one that was shown, and sent from our own page. */
  async findSent(
    request: FastifyRequest,
    reply: FastifyReply,
    uid: string,
    csrf: string,
  ): Promise<Pending | undefined> {
    const { origin } = request.headers;
    const isOurs = origin === undefined || origin === new URL(this.urls.issuer).origin;
    if (!isOurs || !this.tokens.matches(uid, csrf)) return undefined;
    return this.find(request, reply, uid);
  }

  /** Stores what came of it, and answers where the browser goes on. */
  async finish(request: FastifyRequest, reply: FastifyReply, result: Parameters<Provider['interactionResult']>[2]) {
    return this.provider.get().interactionResult(request.raw, reply.raw, result);
  }
}

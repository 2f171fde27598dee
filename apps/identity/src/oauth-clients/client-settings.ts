import { Access, type Caller } from '#libs/access';
import type { OAuthClientSettings } from '#libs/contracts';
import { SubjectKeys } from '#libs/event-store';
import { problem } from '#libs/http';
import { Injectable } from '@nestjs/common';
import { Principals } from '../principals.js';
import { keysOf } from '../public-keys/static-key-set.js';
import { PublicUrls } from '../public-urls.js';
import type { ChangeClientBody, CreateClientBody } from './client-bodies.js';
import type { OAuthClientRow } from './client-list.projection.js';
import { clientResource } from './client-view.js';

type Place = { readonly id: string; readonly tenantId: string };
/** Settings as the list shows them: the name in clear. */
export type ClearSettings = Omit<OAuthClientSettings, 'name'> & { readonly name: string };

/** Turns what a request says of a client into settings. */
@Injectable()
export class ClientSettings {
  constructor(
    private readonly access: Access,
    private readonly principals: Principals,
    private readonly urls: PublicUrls,
    private readonly subjectKeys: SubjectKeys,
  ) {}

  async ofNew(caller: Caller, place: Place, body: CreateClientBody): Promise<ClearSettings> {
    const { virtual_account: account = null, resources, jwks } = body;
    return {
      name: body.name,
      applicationType: body.application_type,
      redirectUris: body.redirect_uris,
      grantTypes: body.grant_types,
      scopes: body.scopes,
      resources: this.known(resources ?? this.urls.resources.slice(0, 1)),
      virtualAccountId: await this.account(caller, 'oauth-client:create', place, account),
      keys: jwks ? keysOf('oauth-client', jwks, '/jwks') : [],
      accessTokenSeconds: body.access_token_seconds,
    };
  }

  /** What is not named stays. */
  async changed(caller: Caller, row: OAuthClientRow, body: ChangeClientBody): Promise<ClearSettings> {
    const account = body.virtual_account;
    return {
      // A name that was erased with its tenant comes from nowhere again.
      name: body.name ?? row.name ?? row.id,
      applicationType: row.applicationType,
      redirectUris: body.redirect_uris ?? row.redirectUris,
      grantTypes: body.grant_types ?? row.grantTypes,
      scopes: body.scopes ?? row.scopes,
      resources: body.resources ? this.known(body.resources) : row.resources,
      virtualAccountId:
        account === undefined ? row.virtualAccountId : await this.account(caller, 'oauth-client:edit', row, account),
      keys: body.jwks ? keysOf('oauth-client', body.jwks, '/jwks') : row.keys,
      accessTokenSeconds: body.access_token_seconds ?? row.accessTokenSeconds,
    };
  }

  /** As events keep them. A client outlives whoever named it, so the name is sealed with the tenant's key. */
  async sealed(tenantId: string, { name, ...rest }: ClearSettings): Promise<OAuthClientSettings> {
    return { ...rest, name: await this.subjectKeys.seal(tenantId, name) };
  }

  private async account(caller: Caller, action: string, place: Place, named: string | null): Promise<string | null> {
    if (named === null) return null;
    const text = `virtual-account:${named}`;
    const found = await this.principals.resolve(caller, place.tenantId, text, action, clientResource(place));
    return found.id;
  }

  private known(resources: readonly string[]): string[] {
    const errors = resources.flatMap((url, index) =>
      this.urls.resources.includes(url)
        ? []
        : [{ pointer: `/resources/${index}`, detail: 'No service of this installation has this public URL.' }],
    );
    if (errors.length > 0) {
      throw problem(422, 'oauth-client/invalid', 'A client has tokens for services of this installation only.', errors);
    }
    return [...resources];
  }
}

import { Access, CallerParam, IdentityView, Requires, type Caller } from '#libs/access';
import { Answers, listOf } from '#libs/openapi';
import { PageQuery } from '#libs/http';
import { Controller, Get, Query } from '@nestjs/common';
import { z } from 'zod';
import { Tables } from '../tables.js';
import { ShownMe, ShownOwnAbility } from './me-answers.js';
import { OwnAbilities } from './own-abilities.js';

const NoQuery = z.strictObject({});

/** What a credential may always ask, whatever it is narrowed to: about itself. */
@Controller('v1/me')
export class MeController {
  constructor(
    private readonly access: Access,
    private readonly identity: IdentityView,
    private readonly tables: Tables,
    private readonly abilities: OwnAbilities,
  ) {}

  @Get()
  @Requires('user:read')
  @Answers('Tells who is asking, with which credential, and what that is narrowed to.', { 200: ShownMe })
  async me(@CallerParam() caller: Caller, @Query({ schema: NoQuery }) _query: object) {
    this.access.aboutSelf(caller, 'user:read');
    const { keyId, scopes } = caller;
    const record = this.identity.principal(caller.principalId);
    const key = keyId === '' ? undefined : await this.tables.keys.find(caller.tenantId, keyId);
    return {
      object: 'me',
      id: caller.principalId,
      kind: caller.principalKind,
      tenant: caller.tenantId,
      email: record?.email ?? null,
      name: record?.name ?? null,
      teams: caller.teams,
      labels: caller.labels,
      credential: {
        id: keyId === '' ? null : keyId,
        kind: caller.keyKind,
        auth_method: caller.authMethod,
        issued_at: new Date(caller.issuedAtMs).toISOString(),
        expires_at: key?.row.expiresAt ?? null,
        restrictions: key?.row.restrictions ?? {},
        scopes: scopes ?? null,
        labels: caller.keyLabels,
      },
    };
  }

  /** By action, then resource. A page may be shorter than asked for and still have a next one. */
  @Get('abilities')
  @Requires('user:read')
  @Answers('Lists what the credential may be used for now.', { 200: listOf(ShownOwnAbility) })
  list(@CallerParam() caller: Caller, @Query({ schema: PageQuery }) query: PageQuery) {
    this.access.aboutSelf(caller, 'user:read');
    return this.abilities.page(caller, query);
  }
}

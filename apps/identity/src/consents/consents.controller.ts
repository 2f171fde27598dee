import { Access, CallerParam, Requires, type Caller } from '#libs/access';
import { decodeCursor, page, PageQuery, pageQuery, problem } from '#libs/http';
import { Answers, listOf, narrowing } from '#libs/openapi';
import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { GrantTable, LIST_BEGIN, type ConsentRow } from '../oauth/artifacts/grant-table.js';
import { GrantEnds } from '../oauth/grant-ends.js';
import { TenantScope } from '../tenants/tenant-scope.js';
import { Writes } from '../writes.js';
import { ShownConsent } from './consent-answers.js';
import { shownConsent } from './consent-view.js';

const ConsentsQuery = z.strictObject({
  ...pageQuery,
  /** Whose; one's own unless given. */
  user: z.string().min(1).max(64).optional(),
  tenant: z.string().min(1).max(63).optional(),
});

@Controller('v1/consents')
export class ConsentsController {
  constructor(
    private readonly access: Access,
    private readonly scope: TenantScope,
    private readonly grants: GrantTable,
    private readonly ends: GrantEnds,
    private readonly writes: Writes,
  ) {}

  @Get()
  @Requires('oauth-client:read')
  @Answers('Lists what a user lets clients do.', { 200: listOf(ShownConsent) })
  async list(@CallerParam() caller: Caller, @Query({ schema: ConsentsQuery }) query: z.output<typeof ConsentsQuery>) {
    const tenantId = await this.scope.reading(caller, 'oauth-client:read', query.tenant);
    const userId = query.user ?? caller.principalId;
    const resource = { type: 'oauth-client', path: '*', tenant: tenantId, owner: userId };
    this.access.requireOwn(caller, 'oauth-client:read', resource);
    const rows = await this.grants.list(tenantId, userId, placeAfter(query), query.limit + 1);
    return page(rows, query.limit, ({ createdAt, id }) => [`${createdAt} ${id}`], shownConsent);
  }

  /** Ends the consent, and every token that came of it. */
  @Post(':consentId/withdraw')
  @HttpCode(200)
  @Requires('oauth-client:revoke')
  @Answers('Withdraws a consent, and ends every token that came of it.', narrowing(ShownConsent))
  async withdraw(@CallerParam() caller: Caller, @Param('consentId') id: string) {
    const grant = await this.grants.find(id);
    if (!grant || (grant.tenantId !== caller.tenantId && !caller.operator)) {
      throw this.access.notFound(caller, 'oauth-client:revoke', { type: 'oauth-client', path: id });
    }
    this.access.requireOwn(caller, 'oauth-client:revoke', resourceOf(grant));
    const { tenantId } = grant;
    const outcome = await this.ends.end({ kind: 'grant', id, tenantId }, this.writes.context(caller, tenantId));
    return this.writes.narrowed({ ...shownConsent(grant), status: 'withdrawn' }, outcome);
  }
}

const resourceOf = ({ clientId, tenantId, accountId }: ConsentRow) => ({
  type: 'oauth-client',
  path: clientId,
  tenant: tenantId,
  owner: accountId,
});

const PLACE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [\w-]{1,64}$/;

/** Where a page begins: a place of this list, or a 400. */
function placeAfter({ after }: Pick<PageQuery, 'after'>): string {
  if (after === undefined) return LIST_BEGIN;
  const [place] = decodeCursor(after, 1);
  if (typeof place === 'string' && PLACE.test(place)) return place;
  throw problem(400, 'invalid_request', 'This cursor is not one of this list.', [
    { parameter: 'after', detail: 'Take it from next_cursor of the page before.' },
  ]);
}

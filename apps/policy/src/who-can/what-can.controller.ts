import { Access, CallerParam, IdentityView, PolicyView, Requires, type Caller } from '#libs/access';
import { whatCan, type Ability, type AbilityPlace } from '#libs/decision-engine';
import { decodeCursor, encodeCursor, refusal } from '#libs/http';
import { Answers, listOf } from '#libs/openapi';
import { Clock } from '#libs/telemetry';
import { Controller, Get, Query } from '@nestjs/common';
import { z } from 'zod';
import { TenantScope } from '../apply/tenant-scope.js';
import { enginePrincipal, subjectPrincipal } from '../explain/subject-principal.js';
import { askedQuery, circumstancesOf, EXAMINED_MAX } from './asked-query.js';
import { ShownAbility } from './who-can-answers.js';

const WhatCanQuery = z.strictObject({
  ...askedQuery,
  /** `user:<e-mail or id>` or `virtual-account:<name or id>`. */
  subject: z.string().min(1).max(300),
});
type WhatCanQuery = z.output<typeof WhatCanQuery>;

/** What somebody may do now. Whoever is not there, or may not act at all, can do nothing: an empty list. */
@Controller('v1/what-can')
export class WhatCanController {
  constructor(
    private readonly access: Access,
    private readonly scope: TenantScope,
    private readonly identity: IdentityView,
    private readonly policy: PolicyView,
    private readonly clock: Clock,
  ) {}

  @Get()
  @Requires('policy:read')
  @Answers('Lists what somebody may do.', { 200: listOf(ShownAbility) })
  list(@CallerParam() caller: Caller, @Query({ schema: WhatCanQuery }) query: WhatCanQuery) {
    const tenantId = this.scope.of(caller, 'policy:read', query.tenant);
    this.access.require(caller, 'policy:read', { type: 'policy', path: '*', tenant: tenantId });
    const snapshot = this.policy.snapshot(tenantId);
    if (!snapshot) throw refusal('not_ready', 'The policy of this tenant is not known here yet.');
    const after = placeOf(query.after);
    const record = subjectPrincipal(this.identity, tenantId, query.subject);
    if (record?.status !== 'active') return { object: 'list', data: [], has_more: false };
    const circumstances = circumstancesOf(query, this.clock.nowMs());
    const bounds = { limit: query.limit, examinedMax: EXAMINED_MAX, after };
    const { found, last } = whatCan(snapshot, enginePrincipal(record), circumstances, bounds);
    return {
      object: 'list',
      data: found.map(shown),
      has_more: last !== undefined,
      ...(last && { next_cursor: encodeCursor([last.action, last.path]) }),
    };
  }
}

function placeOf(after: string | undefined): AbilityPlace | undefined {
  if (after === undefined) return undefined;
  const [action, path] = decodeCursor(after, 2).map(String);
  return { action: action ?? '', path: path ?? '' };
}

function shown({ action, resource, ownOnly, statements }: Ability) {
  return { object: 'ability', action, resource, own_only: ownOnly, statements };
}

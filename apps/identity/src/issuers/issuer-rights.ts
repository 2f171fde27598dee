import { Access, PolicyView, type AccessQuestion, type Caller } from '#libs/access';
import type { IssuerMapping } from '#libs/contracts';
import { isAdministrator } from '#libs/decision-engine';
import { Clock } from '#libs/telemetry';
import { Injectable } from '@nestjs/common';
import { KeyReach } from '../api-keys/key-reach.js';
import { keyResource } from '../api-keys/key-view.js';
import { Principals } from '../principals.js';
import type { IssuerRow } from './issuer-list.projection.js';
import { issuerResource } from './issuer-view.js';

type Asked = Pick<IssuerRow, 'name' | 'tenantId'>;

/** Cited where a mapping is to whoever a claim names, or to what teams have: nothing less than all of it is handed on. */
const WHOEVER = { statement: 'issuer/mapping', action: '*', resource: '**' };

/**
 * Whoever holds an issuer's keys can act as everybody it is mapped to. So trusting one, and every change of one, is like
 * issuing keys for all of them and adding members to the teams, and asked as that too.
 */
@Injectable()
export class IssuerRights {
  constructor(
    private readonly access: Access,
    private readonly reach: KeyReach,
    private readonly principals: Principals,
    private readonly policy: PolicyView,
    private readonly clock: Clock,
  ) {}

  /** @throws AccessRefused; ProblemError 403 where a mapping gives more than the caller can be shown to hold. */
  async require(caller: Caller, issuer: Asked, mappings: readonly IssuerMapping[]): Promise<void> {
    const { tenantId, name } = issuer;
    const accounts = [
      ...new Set(mappings.flatMap(({ as }) => ('virtualAccountId' in as ? [as.virtualAccountId] : []))),
    ];
    const teams = [...new Set(mappings.flatMap((mapping) => mapping.teams))];
    const isOfWhoever = mappings.some(({ as }) => !('virtualAccountId' in as));
    const issuing = (ownerId: string): AccessQuestion => {
      return { action: 'key:create', resource: keyResource({ id: name, tenantId, ownerId }) };
    };
    const forAnybody: AccessQuestion = {
      action: 'key:create',
      resource: { type: 'key', path: name, tenant: tenantId },
    };
    this.access.requireAll(caller, [
      { action: 'issuer:edit', resource: issuerResource(issuer) },
      ...accounts.map(issuing),
      ...(isOfWhoever ? [forAnybody] : []),
      ...teams.map((path) => ({ action: 'team:edit', resource: { type: 'team', path, tenant: tenantId } })),
    ]);
    if ((isOfWhoever || teams.length > 0) && !this.isExcepted(caller, tenantId)) {
      throw this.access.grantRefused(caller, forAnybody, WHOEVER);
    }
    for (const accountId of accounts) {
      const owner = await this.principals.find(tenantId, `virtual-account:${accountId}`);
      // Whoever is deleted has no rights that could be got.
      if (owner) await this.reach.requireHeld(caller, issuing(accountId), { owner, kind: 'vak', restrictions: {} });
    }
  }

  /** Rule 11: what cannot be shown to be held is refused, but for operators and administrators with a whole key. */
  private isExcepted(caller: Caller, tenantId: string): boolean {
    if (caller.restrictions !== undefined || caller.authMethod !== 'api_key') return false;
    const snapshot = this.policy.snapshot(tenantId);
    return caller.operator || (!!snapshot && isAdministrator(snapshot, caller.principal, this.clock.nowMs()));
  }
}

import type { Caller, EnginePrincipal } from '#libs/access';
import { isAdministrator, type CredentialReach, type TenantSnapshot } from '#libs/decision-engine';
import { KeyRestrictions } from '#libs/policy-language';
import { Injectable } from '@nestjs/common';
import { Tables } from '../tables.js';

/** What a caller may hand on: no more than what they present may do. */
@Injectable()
export class CallerReach {
  constructor(private readonly tables: Tables) {}

  /** Rule 11 excepts operators, and administrators of the tenant, as long as what they present is not narrowed. */
  isExcepted(caller: Caller, snapshot: TenantSnapshot, timeMs: number): boolean {
    if (isNarrowed(caller)) return false;
    return isExceptedPrincipal({ ...caller.principal, operator: caller.operator }, snapshot, timeMs);
  }

  /** The caller's own key as it is stored: what was compiled of it cannot be compared, nor can a token's details. */
  async of({ keyId, keyKind: kind, principal, tenantId, ...token }: Caller): Promise<CredentialReach> {
    if (token.details) return { owner: principal, kind, restrictions: [], scopes: [] };
    const own = keyId === '' ? undefined : await this.tables.keys.find(tenantId, keyId);
    // As the engine reads them; they were checked when the key was made.
    const restrictions = own ? [KeyRestrictions.parse(own.row.restrictions)] : [];
    return { owner: principal, kind, restrictions, scopes: token.scopes };
  }
}

/** Whom rule 11 excepts, whatever they present. */
export const isExceptedPrincipal = (principal: EnginePrincipal, snapshot: TenantSnapshot, timeMs: number): boolean =>
  principal.operator === true || isAdministrator(snapshot, principal, timeMs);

/** Whether what is presented may do less than its owner. */
export const isNarrowed = ({ restrictions, details, scopes }: Caller): boolean =>
  (restrictions ?? details ?? scopes) !== undefined;

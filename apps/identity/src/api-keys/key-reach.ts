import { Access, PolicyView, type AccessQuestion, type Caller, type EnginePrincipal } from '#libs/access';
import type { KeyKind, KeyRestrictions as Stored } from '#libs/contracts';
import { isAdministrator, keyCounterExample, type CredentialReach, type TenantSnapshot } from '#libs/decision-engine';
import { problem, refusal } from '#libs/http';
import { KeyRestrictions } from '#libs/policy-language';
import { Clock } from '#libs/telemetry';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../principals.js';
import { Tables } from '../tables.js';
import { OwnerPrincipal } from './owner-principal.js';
import { outOfReach } from './out-of-reach.js';

/** A key that is about to be given to somebody, and what its text will open. */
export type KeyToGive = { readonly owner: Principal; readonly kind: KeyKind; readonly restrictions: Stored };

/** Cited where nothing less than everything would be handed on. */
const EVERYTHING = { statement: 'operator/administration', action: '*', resource: '**' };

/** What a key may reach at most when its text is handed out: its owner's rights, and those of whoever hands it out. */
@Injectable()
export class KeyReach {
  constructor(
    private readonly access: Access,
    private readonly policy: PolicyView,
    private readonly owners: OwnerPrincipal,
    private readonly tables: Tables,
    private readonly clock: Clock,
  ) {}

  /** @throws ProblemError 422 that names each part of the narrowing that its owner could not use today. */
  async requireOwned({ owner, restrictions }: Omit<KeyToGive, 'kind'>): Promise<void> {
    if (Object.keys(restrictions).length === 0) return;
    const timeMs = this.clock.nowMs();
    const principal = await this.owners.of(owner);
    const items = outOfReach(this.snapshot(principal.tenant), principal, read(restrictions), timeMs);
    if (items.length === 0) return;
    throw problem(422, 'api-key/beyond-owner', 'A key reaches nothing that its owner does not.', items);
  }

  /**
   * Whoever gets the text can do what the key can, so it is a grant. One's own key is none, and operators and
   * administrators of the tenant are excepted, as long as what they present is not narrowed itself.
   * @throws ProblemError 403 with what it cannot be shown that the caller holds.
   */
  async requireHeld(caller: Caller, question: AccessQuestion, { owner, kind, restrictions }: KeyToGive): Promise<void> {
    const timeMs = this.clock.nowMs();
    const principal = await this.owners.of(owner);
    const isNarrowed = (caller.restrictions ?? caller.details ?? caller.scopes) !== undefined;
    if (principal.operator && (!caller.operator || isNarrowed)) {
      throw this.access.grantRefused(caller, question, EVERYTHING);
    }
    const snapshot = this.snapshot(principal.tenant);
    if (!isNarrowed && isExcepted(caller, principal, snapshot, timeMs)) return;
    const issuer = await this.reachOf(caller);
    const key = { owner: principal, kind, restrictions: [read(restrictions)] };
    const example = keyCounterExample(snapshot, issuer, key, timeMs);
    if (example) throw this.access.grantRefused(caller, question, example);
  }

  /** The caller's own key as it is stored: what was compiled of it cannot be compared, nor can a token's details. */
  private async reachOf({ keyId, keyKind: kind, principal, tenantId, ...token }: Caller): Promise<CredentialReach> {
    if (token.details) return { owner: principal, kind, restrictions: [], scopes: [] };
    const own = keyId === '' ? undefined : await this.tables.keys.find(tenantId, keyId);
    return { owner: principal, kind, restrictions: own ? [read(own.row.restrictions)] : [], scopes: token.scopes };
  }

  private snapshot(tenantId: string): TenantSnapshot {
    const snapshot = this.policy.snapshot(tenantId);
    if (!snapshot) throw refusal('not_ready', 'The policy of this tenant is not known yet; try again.');
    return snapshot;
  }
}

function isExcepted(caller: Caller, owner: EnginePrincipal, snapshot: TenantSnapshot, timeMs: number): boolean {
  return caller.operator || caller.principalId === owner.id || isAdministrator(snapshot, caller.principal, timeMs);
}

/** As the engine reads them; they were checked when the key was made. */
const read = (restrictions: Stored): KeyRestrictions => KeyRestrictions.parse(restrictions);

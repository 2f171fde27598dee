import { Access, PolicyView, type AccessQuestion, type Caller } from '#libs/access';
import type { KeyKind, KeyRestrictions as Stored } from '#libs/contracts';
import { keyCounterExample, type TenantSnapshot } from '#libs/decision-engine';
import { problem, refusal } from '#libs/http';
import { KeyRestrictions } from '#libs/policy-language';
import { Clock } from '#libs/telemetry';
import { Injectable } from '@nestjs/common';
import { CallerReach, isNarrowed } from '../grants/caller-reach.js';
import type { Principal } from '../principals.js';
import { OwnerPrincipal } from './owner-principal.js';
import { outOfReach } from './out-of-reach.js';

/** A key that is about to be given to somebody, and what its text will open. */
export type KeyToGive = { readonly owner: Principal; readonly kind: KeyKind; readonly restrictions: Stored };

/** Cited where nothing less than everything would be handed on. */
export const EVERYTHING = { statement: 'operator/administration', action: '*', resource: '**' };

/** What a key may reach at most when its text is handed out: its owner's rights, and those of whoever hands it out. */
@Injectable()
export class KeyReach {
  constructor(
    private readonly access: Access,
    private readonly policy: PolicyView,
    private readonly owners: OwnerPrincipal,
    private readonly reach: CallerReach,
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
    if (principal.operator && (!caller.operator || isNarrowed(caller))) {
      throw this.access.grantRefused(caller, question, EVERYTHING);
    }
    const snapshot = this.snapshot(principal.tenant);
    const isOwn = caller.principalId === principal.id && !isNarrowed(caller);
    if (isOwn || this.reach.isExcepted(caller, snapshot, timeMs)) return;
    const issuer = await this.reach.of(caller);
    const key = { owner: principal, kind, restrictions: [read(restrictions)] };
    const example = keyCounterExample(snapshot, issuer, key, timeMs);
    if (example) throw this.access.grantRefused(caller, question, example);
  }

  private snapshot(tenantId: string): TenantSnapshot {
    const snapshot = this.policy.snapshot(tenantId);
    if (!snapshot) throw refusal('not_ready', 'The policy of this tenant is not known yet; try again.');
    return snapshot;
  }
}

/** As the engine reads them; they were checked when the key was made. */
const read = (restrictions: Stored): KeyRestrictions => KeyRestrictions.parse(restrictions);

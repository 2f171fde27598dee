import { Access, PolicyView, type AccessQuestion, type Caller, type EnginePrincipal } from '#libs/access';
import { changeCounterExample } from '#libs/decision-engine';
import { refusal } from '#libs/http';
import { Clock } from '#libs/telemetry';
import { Injectable } from '@nestjs/common';
import { OwnerPrincipal } from '../api-keys/owner-principal.js';
import type { Principal } from '../principals.js';
import type { TeamRow } from '../teams/team-list.projection.js';
import { CallerReach } from './caller-reach.js';

type Changed = Partial<Pick<EnginePrincipal, 'teams' | 'labels'>>;

/** Teams and labels are what policy grants by, so whoever changes them grants: no more than they hold (rule 11). */
@Injectable()
export class PrincipalChanges {
  constructor(
    private readonly access: Access,
    private readonly policy: PolicyView,
    private readonly owners: OwnerPrincipal,
    private readonly reach: CallerReach,
    private readonly clock: Clock,
  ) {}

  /** @throws ProblemError 403 with what the principal would gain and the caller cannot be shown to hold. */
  async requireJoining(caller: Caller, question: AccessQuestion, principal: Principal, team: string): Promise<void> {
    const before = await this.owners.of(principal);
    await this.require(caller, question, before, { teams: [...before.teams, team] });
  }

  /** A deny or a boundary of the team ends with a membership, too. */
  async requireLeaving(caller: Caller, question: AccessQuestion, principal: Principal, team: string): Promise<void> {
    const before = await this.owners.of(principal);
    await this.require(caller, question, before, { teams: before.teams.filter((name) => name !== team) });
  }

  /** The end of a team, for whoever is in it: what it denied ends with it. Asked about a member who has nothing else. */
  async requireEnding(caller: Caller, question: AccessQuestion, { name, tenantId: tenant }: TeamRow): Promise<void> {
    const member = { id: '', kind: 'user' as const, tenant, teams: [name], groups: [], labels: {} };
    await this.require(caller, question, member, { teams: [] });
  }

  async requireLabels(caller: Caller, question: AccessQuestion, principal: Principal, labels: Changed['labels'] = {}) {
    await this.require(caller, question, await this.owners.of(principal), { labels });
  }

  /** Somebody who is about to be there, with labels and in teams from their first moment. */
  async requireNew(caller: Caller, question: AccessQuestion, after: EnginePrincipal): Promise<void> {
    await this.require(caller, question, { ...after, teams: [], labels: {} }, after);
  }

  private async require(caller: Caller, question: AccessQuestion, before: EnginePrincipal, changed: Changed) {
    const snapshot = this.policy.snapshot(before.tenant);
    if (!snapshot) throw refusal('not_ready', 'The policy of this tenant is not known yet; try again.');
    const timeMs = this.clock.nowMs();
    if (this.reach.isExcepted(caller, snapshot, timeMs)) return;
    const change = { before, after: { ...before, ...changed } };
    const example = changeCounterExample(snapshot, await this.reach.of(caller), change, timeMs);
    if (example) throw this.access.grantRefused(caller, question, example);
  }
}

import { mintInvitationToken, Peppers, type Caller } from '#libs/access';
import type { KeyRestrictions, OnboardingRequested } from '#libs/contracts';
import { SubjectKeys } from '#libs/event-store';
import { Clock } from '#libs/telemetry';
import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { mint, rowOf, secretOf } from '../api-keys/key-issue.js';
import { KeyLife } from '../api-keys/key-life.js';
import type { KeyRow } from '../api-keys/key-list.projection.js';
import { newId } from '../ids.js';
import { INVITATION_SECONDS_DEFAULT } from '../invitations/invitation-bodies.js';
import { rowOf as rowOfInvitation, type InvitationRow } from '../invitations/invitation-list.projection.js';
import type { Principal } from '../principals.js';
import type { TeamRow } from '../teams/team-list.projection.js';
import { sealedPerson } from '../users/sealed-person.js';
import type { UserRow } from '../users/user-list.projection.js';
import type { VirtualAccountRow } from '../virtual-accounts/virtual-account-list.projection.js';
import type { OnboardingBody } from './onboarding-body.js';

type Requested = z.output<typeof OnboardingRequested.schema>;
type AskedKey = OnboardingBody['admin']['keys'][number];
type Owner = Pick<Principal, 'kind' | 'id' | 'subject'> & { readonly labels: UserRow['labels'] };
type MadeKey = {
  readonly event: Requested['keys'][number];
  readonly row: KeyRow;
  readonly value: string;
  readonly owner: string;
};

type MadeInvitation = {
  readonly event: NonNullable<Requested['invitation']>;
  readonly row: InvitationRow;
  readonly token: string;
};

/**
 * Everything that is to be made, as it is stored and as it is shown; the texts of keys and the token
 * are in `keys` and `invitation` and nowhere else.
 */
export type OnboardingPlan = {
  /** When all of it was made, as it will say. */
  readonly createdAt: string;
  readonly admin: { readonly event: Requested['admin']; readonly row: UserRow & { readonly email: string } };
  readonly teams: readonly TeamRow[];
  readonly virtualAccounts: readonly VirtualAccountRow[];
  readonly keys: readonly MadeKey[];
  /** The admin's way in where they have no key. */
  readonly invitation: MadeInvitation | undefined;
};

/** Decides ids and key texts of what an onboarding asks for, and seals what is personal. Writes nothing but sealing keys. */
@Injectable()
export class OnboardingPlans {
  constructor(
    private readonly subjectKeys: SubjectKeys,
    private readonly peppers: Peppers,
    private readonly life: KeyLife,
    private readonly clock: Clock,
  ) {}

  /** @throws ProblemError 422 for a key that is to live longer than the platform lets it. */
  async of(body: OnboardingBody, { principalId: createdBy, tenantId: operators }: Caller): Promise<OnboardingPlan> {
    const { name: tenantId, admin: asked, teams: names = [], virtual_accounts: accounts = [] } = body;
    const nowMs = this.clock.nowMs();
    const createdAt = new Date(nowMs).toISOString();
    const fresh = { tenantId, status: 'active', epoch: 1, createdAt } as const;
    const admin = await this.admin(asked, fresh);
    const teams = names.map((name): TeamRow => {
      const memberIds = asked.teams.includes(name) ? [admin.row.id] : [];
      return { id: newId('team'), tenantId, name, memberIds, createdAt };
    });
    const owners: [Owner, readonly AskedKey[]][] = [
      [{ kind: 'user', id: admin.row.id, subject: `user:${admin.row.id}`, labels: asked.labels }, asked.keys],
    ];
    const virtualAccounts = accounts.map(({ name, team = null, labels, keys }): VirtualAccountRow => {
      const id = newId('va');
      owners.push([{ kind: 'virtual-account', id, subject: `virtual-account:${name}`, labels }, keys]);
      return { ...fresh, id, name, labels, team, createdBy };
    });
    const keys: MadeKey[] = [];
    for (const [owner, wanted] of owners) {
      for (const key of wanted) keys.push(await this.key(tenantId, owner, key, nowMs));
    }
    const inviter = { inviterId: createdBy, inviterTenantId: operators };
    const invitation = asked.keys.length > 0 ? undefined : this.invitation(tenantId, admin, inviter, nowMs);
    return { createdAt, admin, teams, virtualAccounts, keys, invitation };
  }

  /** Of one that is not begun: nothing that was sealed for it is kept. */
  async forget({ admin, virtualAccounts }: OnboardingPlan): Promise<void> {
    await this.subjectKeys.erase(admin.row.id, ...virtualAccounts.map(({ id }) => id));
  }

  private async admin(
    { email: text, display_name, labels }: OnboardingBody['admin'],
    fresh: Pick<UserRow, 'tenantId' | 'status' | 'epoch' | 'createdAt'>,
  ): Promise<OnboardingPlan['admin']> {
    const [userId, email] = [newId('user'), text.toLowerCase()];
    const displayName = display_name ?? null;
    const event = { userId, ...(await sealedPerson(this.subjectKeys, userId, { email, displayName })), labels };
    return { event, row: { ...fresh, id: userId, email, displayName, labels } };
  }

  /** Into what is there already: it lets the admin in, and registers nobody. What is sealed in it is the admin's. */
  private invitation(
    tenantId: string,
    { event: { userId, email, displayName }, row }: OnboardingPlan['admin'],
    inviter: { readonly inviterId: string; readonly inviterTenantId: string },
    nowMs: number,
  ): MadeInvitation {
    const invitationId = newId('invitation');
    const { text: token } = mintInvitationToken(invitationId);
    const event = {
      invitationId,
      tenantId,
      userId,
      at: new Date(nowMs).toISOString(),
      email,
      ...(displayName && { displayName }),
      labels: {},
      teams: [],
      ...inviter,
      token: secretOf(this.peppers, token),
      expiresAt: new Date(nowMs + INVITATION_SECONDS_DEFAULT * 1_000).toISOString(),
    };
    return { event, row: rowOfInvitation(event, row), token };
  }

  private async key(tenantId: string, owner: Owner, asked: AskedKey, nowMs: number): Promise<MadeKey> {
    const { name, labels, not_before: notBefore = null } = asked;
    // As it is stored: nothing that is merely undefined is left in it.
    const restrictions = JSON.parse(JSON.stringify(asked.restrictions)) as KeyRestrictions;
    const { keyId, kind, text, redacted } = mint(owner, asked.kind, restrictions);
    // By the platform's KeyPolicies: the tenant's own come into force with it, and guards hold to them from then on.
    const policed = { tenantId, kind, labels, ownerLabels: owner.labels };
    const expiresAt = this.life.expiresAt(policed, nowMs, asked.expires_in_seconds, null);
    const secret = secretOf(this.peppers, text);
    const about = { keyId, tenantId, at: new Date(nowMs).toISOString(), kind, redacted, restrictions, labels };
    const owned = { ownerId: owner.id, ownerEpoch: 1, name: await this.subjectKeys.seal(owner.id, name) };
    const event = { ...about, ...owned, ...secret, notBefore, expiresAt };
    return { event, row: rowOf({ type: 'IssueApiKey', ...event }, name), value: text, owner: owner.subject };
  }
}

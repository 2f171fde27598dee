import { invitationIdIn, Peppers, type DecisionRequest } from '#libs/access';
import type { DecisionReason } from '#libs/contracts';
import { DomainError } from '#libs/decider';
import { EventStore, SubjectKeys } from '#libs/event-store';
import { ProblemError, statusOf } from '#libs/http';
import { Clock } from '#libs/telemetry';
import { Injectable } from '@nestjs/common';
import { invitationAggregate } from '../aggregates.js';
import { newId } from '../ids.js';
import { AddressThrottle } from '../passwords/address-throttle.js';
import { Passwords, type SetFirst } from '../passwords/passwords.js';
import { Tables } from '../tables.js';
import { sealedPerson } from '../users/sealed-person.js';
import type { UserRow } from '../users/user-list.projection.js';
import { shownUser } from '../users/user-view.js';
import { Writes } from '../writes.js';
import { acceptedSteps } from './accepted-steps.js';
import { EndedInvitations } from './ended-invitations.js';
import type { AcceptInvitationBody } from './invitation-bodies.js';
import { InvitationDecisions } from './invitation-decisions.js';
import { isAcceptable, type HeldInvitation } from './invitation.decider.js';
import { InviterRights } from './inviter-rights.js';

type Invitation = HeldInvitation['issued'];
type Person = UserRow & { readonly email: string };
/** Told which decision an answer is about. */
type Tell = (decisionId: string) => void;

/**
 * Makes a user of whoever has the token of an invitation, or gives somebody who is one their first password: once, and with
 * no more than the inviter may give by now.
 */
@Injectable()
export class InvitationAcceptance {
  constructor(
    private readonly addresses: AddressThrottle,
    private readonly rights: InviterRights,
    private readonly passwords: Passwords,
    private readonly decisions: InvitationDecisions,
    private readonly ended: EndedInvitations,
    private readonly store: EventStore,
    private readonly tables: Tables,
    private readonly subjectKeys: SubjectKeys,
    private readonly peppers: Peppers,
    private readonly writes: Writes,
    private readonly clock: Clock,
  ) {}

  async accept(request: DecisionRequest, body: AcceptInvitationBody, tell: Tell) {
    const invitation = await this.presented(request, body.token, tell);
    try {
      return await this.acceptBy(request, invitation, body, tell);
    } catch (error) {
      const refused = await this.refusalOf(invitation, error);
      if (!refused) throw error;
      const { status, code } = refused.error;
      tell(this.decisions.refused(request, { status, code, reason: refused.reason }, invitation));
      throw refused.error;
    }
  }

  /** The open invitation of the token. Each token that is none, or was one, gets the same answer. */
  private async presented(request: DecisionRequest, token: string, tell: Tell): Promise<Invitation> {
    const admission = this.addresses.admit(request.ip);
    if (!admission.admitted) {
      const headers = { 'retry-after': String(admission.retryAfterSeconds) };
      const error = new ProblemError(429, 'invitation/throttled', 'Too many attempts; try again later.', { headers });
      tell(this.decisions.refused(request, { status: 429, code: error.code, reason: 'login_throttled' }));
      throw error;
    }
    const held = await this.held(token);
    if (held && isAcceptable(held, this.clock.nowIso())) return held.issued;
    const { status, code } = notFound;
    const reason = held ? 'invitation_ended' : 'invitation_unknown';
    tell(this.decisions.refused(request, { status, code, reason }, held?.issued));
    throw notFound.error();
  }

  private async held(token: string): Promise<HeldInvitation | undefined> {
    const id = invitationIdIn(token);
    if (id === undefined) return undefined;
    const { state } = await this.store.load(invitationAggregate, id);
    if (state.status === 'absent') return undefined;
    const { mac, pepperVersion } = state.issued.token;
    return this.peppers.matches(token, pepperVersion, Buffer.from(mac, 'base64url')) ? state : undefined;
  }

  /** The invitation's end, the user and their password are one transaction: whatever dies before it has made nothing. */
  private async acceptBy(request: DecisionRequest, invitation: Invitation, body: AcceptInvitationBody, tell: Tell) {
    const at = this.clock.nowIso();
    const person = await this.personOf(invitation, body, at);
    await this.requireGivable(invitation);
    // Before anything is decided: the work takes long, and a bad one makes nothing.
    const setPassword = await this.passwords.first(body.password);
    const decisionId = await this.decisions.accepted(request, invitation, person.id);
    tell(decisionId);
    return this.letIn({ ...request, decisionId, at }, invitation, person, setPassword);
  }

  private async letIn(
    { requestId, decisionId, at }: DecisionRequest & { readonly at: string },
    invitation: Invitation,
    person: Person,
    setPassword: SetFirst,
  ) {
    const { invitationId, tenantId } = invitation;
    const { id: userId, email } = person;
    const isNew = invitation.userId === undefined;
    const sealed = isNew && { sealed: await sealedPerson(this.subjectKeys, userId, person) };
    const plan = async () => {
      await this.requireGivable(invitation);
      return acceptedSteps(invitation, { userId, email, ...sealed }, at);
    };
    const context = { actor: userId, tenantId, requestId, decisionId };
    const { position } = await this.store.executeAll(plan, { context, alongside: (run) => setPassword(run, userId) });
    await this.ended.forgetOne(invitationId);
    const status = isNew ? 201 : 200;
    return this.writes.answer(shownUser(person), { position }, { status, location: `/v1/users/${userId}` });
  }

  /** Whom it makes, or whom it is for. */
  private async personOf(invitation: Invitation, body: AcceptInvitationBody, at: string): Promise<Person> {
    const { tenantId, labels, userId, displayName } = invitation;
    const email = await this.subjectKeys.open(invitation.email);
    // Its key went: it has ended a moment ago.
    if (email === undefined) throw new DomainError(notFound.code, notFound.detail);
    if (userId !== undefined) return { ...(await this.registered(invitation, userId, body)), email };
    const name = body.display_name ?? (displayName && (await this.subjectKeys.open(displayName)));
    const fresh = { status: 'active', epoch: 1, createdAt: at } as const;
    return { id: newId('user'), tenantId, email, displayName: name ?? null, labels, ...fresh };
  }

  private async registered({ tenantId }: Invitation, userId: string, { display_name: name }: AcceptInvitationBody) {
    if (name !== undefined) {
      throw new DomainError('invitation/invalid', 'It is for somebody who was registered before: their name stays.');
    }
    const found = await this.tables.users.find(tenantId, userId);
    if (!found) throw new DomainError(notFound.code, notFound.detail);
    return found.row;
  }

  private async requireGivable(invitation: Invitation): Promise<void> {
    const reason = await this.rights.missing(invitation);
    if (reason !== undefined) throw new NotGivable(reason);
  }

  /** What a failure answers, and why it is a refusal; undefined where it is a failure of ours. */
  private async refusalOf({ invitationId }: Invitation, error: unknown): Promise<Refused | undefined> {
    if (error instanceof NotGivable) return { error: error.problem(), reason: error.reason };
    if (error instanceof ProblemError) return { error, reason: ownState[error.code] ?? 'internal_error' };
    if (!(error instanceof DomainError)) return undefined;
    // Whoever lost a race learns what whoever comes later learns, whatever it was that stopped them.
    const { state } = await this.store.load(invitationAggregate, invitationId);
    if (!isAcceptable(state, this.clock.nowIso())) return { error: notFound.error(), reason: 'invitation_ended' };
    const { code, message } = error;
    return { error: new ProblemError(statusOf(code), code, message, { cause: error }), reason: 'invitation_refused' };
  }
}

type Refused = { readonly error: ProblemError; readonly reason: DecisionReason };

/** What this service refuses by for want of something of its own. */
const ownState: Readonly<Record<string, DecisionReason>> = {
  not_ready: 'not_ready',
  snapshot_stale: 'stale',
  audit_unavailable: 'audit_unavailable',
};

const notFound = {
  status: 404,
  code: 'invitation/not-found',
  detail: 'There is no such invitation.',
  error: () => new ProblemError(notFound.status, notFound.code, notFound.detail),
} as const;

/** Told to nobody but whoever holds a valid token, and why not even to them: that is the inviter's business. */
class NotGivable extends Error {
  constructor(readonly reason: DecisionReason) {
    super(reason);
  }

  problem(): ProblemError {
    const detail = 'What this invitation gives may not be given any more; ask to be invited again.';
    return new ProblemError(403, 'invitation/not-allowed', detail);
  }
}

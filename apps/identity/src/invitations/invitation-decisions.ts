import { DecisionLog, NOBODY, PolicyView, type DecisionEntry, type DecisionRequest } from '#libs/access';
import type { DecisionReason } from '#libs/contracts';
import { refusal } from '#libs/http';
import { Clock, Logger } from '#libs/telemetry';
import { Injectable } from '@nestjs/common';
import { v7 } from 'uuid';

/** Status of what accepting an invitation answers: somebody is registered, or was before. */
const REGISTERED = 201;
const LET_IN = 200;

/** An invitation that is meant for sure: its token was presented. */
export type Presented = {
  readonly invitationId: string;
  readonly tenantId: string;
  readonly inviterId: string;
  /** Who was registered before. */
  readonly userId?: string | undefined;
};

export type AcceptRefusal = { readonly status: number; readonly code: string; readonly reason: DecisionReason };

/** Writes down every acceptance and every refusal; neither token nor address is in it. */
@Injectable()
export class InvitationDecisions {
  constructor(
    private readonly log: DecisionLog,
    private readonly policy: PolicyView,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** Before the effect; throws where it cannot be kept: then there must be none. Answers the decision's id. */
  async accepted(request: DecisionRequest, presented: Presented, userId: string): Promise<string> {
    const httpStatus = presented.userId === undefined ? REGISTERED : LET_IN;
    const outcome = { outcome: 'allow', code: '', reason: 'granted', httpStatus } as const;
    const who = { ...NOBODY, tenantId: presented.tenantId, principalId: userId, principalKind: 'user' as const };
    const entry = { ...this.entry(request, presented), ...who, ...outcome, resource: userId };
    try {
      this.log.record(entry);
    } catch (error) {
      this.logger.error({ err: error }, 'an acceptance could not be recorded, and was not carried out');
      throw refusal('audit_unavailable', 'This decision could not be recorded, so it was not carried out.');
    }
    const settings = this.policy.snapshot(presented.tenantId)?.settings;
    if (settings?.auditMode === 'strict') await this.log.durable();
    return entry.decisionId;
  }

  /** Before it is sent; without a token that is one, through the lane that a flood cannot fill. */
  refused(
    request: DecisionRequest,
    { status: httpStatus, code, reason }: AcceptRefusal,
    presented?: Presented,
  ): string {
    const entry = { ...this.entry(request, presented), outcome: 'deny' as const, code, reason, httpStatus };
    if (!presented) return this.log.recordUnverified(entry);
    try {
      this.log.record({ ...entry, tenantId: presented.tenantId });
      return entry.decisionId;
    } catch (error) {
      // A refusal stays one when it cannot be recorded where it belongs.
      this.logger.error({ err: error }, 'a refusal could not be recorded in its lane');
      return this.log.recordUnverified(entry);
    }
  }

  private entry(
    request: DecisionRequest,
    presented?: Presented,
  ): Omit<DecisionEntry, 'outcome' | 'code' | 'reason' | 'httpStatus'> {
    return {
      ...NOBODY,
      ...request,
      decisionId: v7(),
      atMs: this.clock.nowMs(),
      operation: 'admin',
      action: presented?.userId === undefined ? 'user:create' : 'user:edit',
      resourceType: 'user',
      resource: presented?.invitationId ?? '',
      attributes: presented
        ? { 'invitation.id': presented.invitationId, 'invitation.inviter': presented.inviterId }
        : {},
    };
  }
}

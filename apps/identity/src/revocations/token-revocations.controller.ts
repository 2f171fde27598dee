import { CallerParam, Requires, type Caller } from '#libs/access';
import { EventStore } from '#libs/event-store';
import { Answers, narrowing } from '#libs/openapi';
import { Clock } from '#libs/telemetry';
import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ReasonBody } from '../reason-body.js';
import { UserSteps } from '../users/user-steps.js';
import { VirtualAccountSteps } from '../virtual-accounts/virtual-account-steps.js';
import { Writes } from '../writes.js';
import { ShownTokenRevocation } from './revocation-answers.js';
import { revocationStep } from './revocation-step.js';

type Principal = { readonly id: string; readonly tenantId: string };

/**
 * "Nothing issued before now": every token of a principal ends, those of external issuers too. Keys go on, and so does
 * the principal, who gets new tokens at once.
 */
@Controller('v1')
export class TokenRevocationsController {
  constructor(
    private readonly users: UserSteps,
    private readonly accounts: VirtualAccountSteps,
    private readonly store: EventStore,
    private readonly writes: Writes,
    private readonly clock: Clock,
  ) {}

  @Post('users/:userId/revoke-tokens')
  @HttpCode(200)
  @Requires('user:suspend')
  @Answers('Ends every token of a user, external ones too.', narrowing(ShownTokenRevocation))
  async ofUser(
    @CallerParam() caller: Caller,
    @Param('userId') userId: string,
    @Body({ schema: ReasonBody }) { reason }: ReasonBody,
  ) {
    const { row } = await this.users.find(caller, 'user:suspend', userId);
    return this.revoke(caller, row, reason);
  }

  @Post('virtual-accounts/:accountId/revoke-tokens')
  @HttpCode(200)
  @Requires('virtual-account:suspend')
  @Answers('Ends every token of a virtual account, external ones too.', narrowing(ShownTokenRevocation))
  async ofAccount(
    @CallerParam() caller: Caller,
    @Param('accountId') accountId: string,
    @Body({ schema: ReasonBody }) { reason }: ReasonBody,
  ) {
    const { row } = await this.accounts.find(caller, 'virtual-account:suspend', accountId);
    return this.revoke(caller, row, reason);
  }

  private async revoke(caller: Caller, { id, tenantId }: Principal, text: string | undefined) {
    const reason = await this.writes.reason(caller, text);
    const at = this.clock.nowIso();
    const revoked = { kind: 'principal' as const, id, tenantId, at, ...reason };
    const context = this.writes.context(caller, tenantId);
    const { position } = await this.store.executeAll([revocationStep(revoked)], { context });
    return this.writes.narrowed({ object: 'revocation', kind: revoked.kind, id, revoked_at: at }, { position });
  }
}

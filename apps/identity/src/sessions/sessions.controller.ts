import { Access, CallerParam, Requires, type Caller } from '#libs/access';
import { Answers, listOf, narrowing } from '#libs/openapi';
import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { TenantScope } from '../tenants/tenant-scope.js';
import { Writes } from '../writes.js';
import { ShownSession } from './session-answers.js';
import { LoginSessions, type LoginSession } from './login-sessions.js';

/** One's own sessions, unless another user is named. */
const SessionsQuery = z.strictObject({
  user: z.string().min(1).max(64).optional(),
  tenant: z.string().min(1).max(63).optional(),
});

@Controller('v1/sessions')
export class SessionsController {
  constructor(
    private readonly access: Access,
    private readonly scope: TenantScope,
    private readonly sessions: LoginSessions,
    private readonly writes: Writes,
  ) {}

  @Get()
  @Requires('session:read')
  @Answers('Lists the logins of a user.', { 200: listOf(ShownSession) })
  async list(@CallerParam() caller: Caller, @Query({ schema: SessionsQuery }) query: z.output<typeof SessionsQuery>) {
    const tenantId = await this.scope.reading(caller, 'session:read', query.tenant);
    const userId = query.user ?? caller.principalId;
    if (userId === caller.principalId && tenantId === caller.tenantId) {
      this.access.requireOwn(caller, 'session:read', ofUser(userId, tenantId));
    } else this.access.require(caller, 'session:read', ofUser(userId, tenantId));
    const data = (await this.sessions.list(tenantId, userId)).map(shown);
    return { object: 'list', data, has_more: false };
  }

  /** Ends the login and every token that came of it. */
  @Post(':sessionId/revoke')
  @HttpCode(200)
  @Requires('session:revoke')
  @Answers('Ends a login and every token that came of it.', narrowing(ShownSession))
  async revoke(@CallerParam() caller: Caller, @Param('sessionId') id: string) {
    const session = await this.sessions.find(id, caller.operator ? undefined : caller.tenantId);
    if (!session) throw this.access.notFound(caller, 'session:revoke', { type: 'session', path: id });
    this.access.requireOwn(caller, 'session:revoke', resourceOf(session));
    const outcome = await this.sessions.end(session, this.writes.context(caller, session.tenantId));
    return this.writes.narrowed({ ...shown(session), status: 'revoked' }, outcome);
  }
}

const ofUser = (userId: string, tenant: string) => ({ type: 'session', path: '*', tenant, owner: userId });

const resourceOf = ({ id, tenantId, accountId }: LoginSession) => ({
  type: 'session',
  path: id,
  tenant: tenantId,
  owner: accountId,
});

function shown({ id, accountId, createdAt, expiresAt }: LoginSession) {
  return { object: 'session', id, user: accountId, status: 'active', created_at: createdAt, expires_at: expiresAt };
}

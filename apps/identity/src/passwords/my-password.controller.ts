import { Access, CallerParam, Requires, type Caller } from '#libs/access';
import { problem, ProblemError } from '#libs/http';
import { Answers } from '#libs/openapi';
import { Body, Controller, HttpCode, Put } from '@nestjs/common';
import { z } from 'zod';
import { isNarrowed } from '../grants/caller-reach.js';
import { PasswordCheck } from './password-check.js';
import { PASSWORD_CHARS_MAX, Passwords } from './passwords.js';

const text = z.string().min(1).max(PASSWORD_CHARS_MAX);
/** Cited where nothing less than everything would be handed on. */
const EVERYTHING = { statement: 'password/first', action: '*', resource: '**' };
const PasswordBody = z.strictObject({ current_password: text.optional(), new_password: text });
type PasswordBody = z.output<typeof PasswordBody>;

@Controller('v1/me/password')
export class MyPasswordController {
  constructor(
    private readonly access: Access,
    private readonly passwords: Passwords,
    private readonly check: PasswordCheck,
  ) {}

  /**
   * Sets the caller's own password. Whoever has one must give it: a stolen key makes no login. The first one is set with
   * a credential that is not narrowed.
   */
  @Put()
  @HttpCode(204)
  @Requires('user:edit')
  @Answers('Sets one’s own password.', { 204: null }, { problems: [422, 429] })
  async set(@CallerParam() caller: Caller, @Body({ schema: PasswordBody }) body: PasswordBody): Promise<void> {
    const { principalId, tenantId } = caller;
    const resource = { type: 'user', path: principalId, tenant: tenantId, owner: principalId };
    this.access.requireOwn(caller, 'user:edit', resource);
    if (caller.principalKind !== 'user') {
      throw problem(409, 'password/not-a-user', 'Only users have passwords.');
    }
    if (await this.passwords.has(principalId)) await this.requireCurrent(caller, body.current_password);
    // A login opens all that the user may do: whoever presents less would make more of it.
    else if (isNarrowed(caller)) throw this.access.grantRefused(caller, { action: 'user:edit', resource }, EVERYTHING);
    await this.passwords.set(principalId, body.new_password);
  }

  private async requireCurrent({ principalId, ip }: Caller, given: string | undefined): Promise<void> {
    if (given === undefined) throw wrong('The present password is needed to set another one.');
    const claimed = { userId: principalId, account: `user/${principalId}`, address: ip };
    const verdict = await this.check.judge(claimed, given);
    if (verdict === 'right') return;
    if (verdict === 'wrong') throw wrong('This is not the present password.');
    const headers = { 'retry-after': String(verdict.retryAfterSeconds) };
    throw new ProblemError(429, 'password/throttled', 'Too many attempts; try again later.', { headers });
  }
}

const wrong = (detail: string) =>
  problem(403, 'password/wrong', detail, [{ pointer: '/current_password', detail: 'is wrong' }]);

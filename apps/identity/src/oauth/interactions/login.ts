import { Inject, Injectable } from '@nestjs/common';
import { createHmac } from 'node:crypto';
import { PasswordCheck, type PasswordVerdict } from '../../passwords/password-check.js';
import { Principals } from '../../principals.js';
import { TokenSubjects } from '../tokens/token-subjects.js';
import { FORM_KEY } from './pending.js';

export type LoginAttempt = {
  readonly tenantId: string;
  readonly email: string;
  readonly password: string;
  readonly address: string;
};
export type LoginVerdict =
  | { readonly verdict: 'right'; readonly accountId: string }
  | { readonly verdict: Exclude<PasswordVerdict, 'right'> };

/** Who logs in by e-mail address and password. Nobody learns whether there is such a user, or only whether they may. */
@Injectable()
export class Login {
  constructor(
    @Inject(Principals) private readonly principals: Principals,
    @Inject(TokenSubjects) private readonly subjects: TokenSubjects,
    @Inject(PasswordCheck) private readonly check: PasswordCheck,
    @Inject(FORM_KEY) private readonly key: Uint8Array,
  ) {}

  /** @throws DomainError `password/unavailable` under too much load. */
  async judge({ tenantId, email, password, address }: LoginAttempt): Promise<LoginVerdict> {
    const userId = await this.living(tenantId, email);
    const account = userId === undefined ? this.nobody(tenantId, email) : `user/${userId}`;
    const verdict = await this.check.judge({ userId, account, address }, password);
    if (verdict !== 'right') return { verdict };
    return userId === undefined ? { verdict: 'wrong' } : { verdict, accountId: userId };
  }

  /** One who is suspended, or whose tenant is, is nobody. */
  private async living(tenantId: string, email: string): Promise<string | undefined> {
    if (!email.includes('@')) return undefined;
    const found = await this.principals.find(tenantId, `user:${email}`);
    return found && (await this.subjects.living(found.id))?.id;
  }

  /** What tries on an address that nobody has are counted by; no address can be read from it. */
  private nobody(tenantId: string, email: string): string {
    const digest = createHmac('sha256', this.key).update(`${tenantId}\0${email.toLowerCase()}`).digest('base64url');
    return `nobody/${digest}`;
  }
}

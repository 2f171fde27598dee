import { Injectable } from '@nestjs/common';
import { AccountThrottle, type Admission } from './account-throttle.js';
import { AddressThrottle } from './address-throttle.js';
import { Passwords } from './passwords.js';

export type PasswordVerdict = 'right' | 'wrong' | Extract<Admission, { admitted: false }>;

/** Who is said to be trying: the user, if there is one, and a name for the account that is the same either way. */
export type Claimed = { readonly userId: string | undefined; readonly account: string; readonly address: string };

/** Judges a password that somebody typed; how much may be tried does not depend on whether the account exists. */
@Injectable()
export class PasswordCheck {
  constructor(
    private readonly passwords: Passwords,
    private readonly accounts: AccountThrottle,
    private readonly addresses: AddressThrottle,
  ) {}

  /** @throws DomainError `password/unavailable` while too many are being judged. */
  async judge({ userId, account, address }: Claimed, password: string): Promise<PasswordVerdict> {
    const fromAddress = this.addresses.admit(address);
    if (!fromAddress.admitted) return fromAddress;
    const onAccount = await this.accounts.admit(account);
    if (!onAccount.admitted) return onAccount;
    if (!(await this.passwords.verify(userId, password))) return 'wrong';
    await this.accounts.forgive(account);
    return 'right';
  }
}

import { Module, type DynamicModule } from '@nestjs/common';
import { AccountThrottle } from './account-throttle.js';
import { AddressThrottle } from './address-throttle.js';
import { MyPasswordController } from './my-password.controller.js';
import { PasswordCheck } from './password-check.js';
import { PasswordHash } from './password-hash.js';
import { Passwords } from './passwords.js';

/** Passwords of users: set, judged and throttled. */
@Module({})
export class PasswordsModule {
  /** @param sealKey Base64; what passwords are peppered with is derived from it. */
  static of(sealKey: string): DynamicModule {
    const hash = { provide: PasswordHash, useFactory: () => new PasswordHash(Buffer.from(sealKey, 'base64')) };
    const shared = [Passwords, PasswordCheck, AccountThrottle, AddressThrottle];
    return {
      module: PasswordsModule,
      controllers: [MyPasswordController],
      providers: [hash, ...shared],
      exports: shared,
    };
  }
}

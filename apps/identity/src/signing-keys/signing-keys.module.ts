import { Module, type DynamicModule } from '@nestjs/common';
import { KeySeal } from './key-seal.js';
import { SigningKeyTable } from './signing-key-table.js';

/** Where the keys stand and what they are sealed with. */
@Module({})
export class SigningKeysModule {
  /** @param secret Base64, `GATEHOUSE_SIGNING_KEY`. */
  static of(secret: string): DynamicModule {
    const seal = { provide: KeySeal, useFactory: () => new KeySeal(Buffer.from(secret, 'base64')) };
    return { module: SigningKeysModule, providers: [seal, SigningKeyTable], exports: [SigningKeyTable] };
  }
}

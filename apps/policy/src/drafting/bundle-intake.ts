import { IdentityView } from '#libs/access';
import type { SourceFile } from '#libs/policy-language';
import { Injectable } from '@nestjs/common';
import { PolicyKeys } from '../policy-keys.js';
import type { BundleSource, ReadBundle } from './draft-messages.js';

/** Turns what was read of a bundle into what can be drafted: finds who the addresses in it are. */
@Injectable()
export class BundleIntake {
  constructor(
    private readonly identity: IdentityView,
    private readonly keys: PolicyKeys,
  ) {}

  source(
    files: readonly SourceFile[],
    { addresses }: ReadBundle,
    tenantId: string,
    mode: BundleSource['mode'],
  ): BundleSource {
    const known = addresses.flatMap((subject) => {
      const user = this.identity.principalByEmail(tenantId, subject.slice('user:'.length).toLowerCase());
      return user ? [[subject, `user:${user.id}`] as const] : [];
    });
    return { type: 'bundle', files, ids: Object.fromEntries(known), mode, textKey: this.keys.freeText };
  }
}

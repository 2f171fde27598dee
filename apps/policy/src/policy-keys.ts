import { hkdfSync } from 'node:crypto';
import { MasterKey } from '#libs/access';

/** The keys of policy that are derived from its settings, one per purpose. */
export class PolicyKeys {
  readonly master: MasterKey;
  /** Keys the digests that stand for free text in documents. */
  readonly freeText: Buffer;

  constructor(settings: { readonly GATEHOUSE_MASTER_KEY: string; readonly GATEHOUSE_SEAL_KEY: string }) {
    this.master = MasterKey.parse(settings.GATEHOUSE_MASTER_KEY);
    const secret = Buffer.from(settings.GATEHOUSE_SEAL_KEY, 'base64');
    this.freeText = Buffer.from(hkdfSync('sha256', secret, '', 'gatehouse policy free-text digest v1', 32));
  }
}

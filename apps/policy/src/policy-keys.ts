import { hkdfSync } from 'node:crypto';
import { MasterKey } from '#libs/access';
import { deriveMacKey, type MacKey } from '#libs/bus';

/** The keys of policy that are derived from its settings, one per purpose. */
export class PolicyKeys {
  readonly master: MasterKey;
  /** Keys the digests that stand for free text in documents. */
  readonly freeText: Buffer;
  /** By which records of other services are known to be theirs. */
  readonly bus: MacKey;

  constructor(settings: Readonly<Record<`GATEHOUSE_${'MASTER' | 'SEAL' | 'BUS'}_KEY`, string>>) {
    this.master = MasterKey.parse(settings.GATEHOUSE_MASTER_KEY);
    this.bus = deriveMacKey(Buffer.from(settings.GATEHOUSE_BUS_KEY, 'base64'));
    const secret = Buffer.from(settings.GATEHOUSE_SEAL_KEY, 'base64');
    this.freeText = Buffer.from(hkdfSync('sha256', secret, '', 'gatehouse policy free-text digest v1', 32));
  }
}

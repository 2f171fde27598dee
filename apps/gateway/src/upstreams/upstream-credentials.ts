import { KeyedPlaces, type Places } from '#libs/bus';
import { openUpstreamCredential, readRecord, type MasterKey } from '#libs/access';
import { SecretRecord, WATERMARK_KEY } from '#libs/contracts';

type Held = {
  readonly versions: Map<number, SecretRecord | null>;
  newest: number;
  opened: { readonly version: number; readonly credential: string } | undefined;
};

/**
 * Provider credentials, as `policy.secrets.v1` says. They are opened when first needed and held in clear in this
 * process's memory alone; the sealed ones are all that could be written anywhere.
 */
export class UpstreamCredentials {
  readonly places: Places = new KeyedPlaces();
  private readonly held = new Map<string, Held>();
  private unreadableCount = 0;

  constructor(private readonly master: MasterKey) {}

  /** Applies one verified record; `null` removes that version. A record that cannot be read denies its account alone. */
  apply(key: string, value: Buffer | null): void {
    if (key === WATERMARK_KEY) return;
    const named = /^([^/@]+\/[^@]+)@([1-9]\d{0,9})$/u.exec(key);
    if (!named?.[1]) return;
    const [, account, version] = named;
    const held = this.held.get(account) ?? { versions: new Map(), newest: 0, opened: undefined };
    this.held.set(account, held);
    held.opened = undefined;
    if (value === null) held.versions.delete(Number(version));
    else held.versions.set(Number(version), this.read(key, value));
    held.newest = Math.max(0, ...held.versions.keys());
  }

  /**
   * The credential of an account for calls to `origin` (scheme, host and port). Undefined where none was set, where it
   * was set for another origin, or where it does not open: it goes to its own origin only.
   */
  of(tenantId: string, account: string, origin: string): string | undefined {
    const held = this.held.get(`${tenantId}/${account}`);
    if (!held) return undefined;
    const record = held.versions.get(held.newest);
    if (!record || record.origin !== origin) return undefined;
    if (held.opened?.version === held.newest) return held.opened.credential;
    return this.open(held, record);
  }

  counts(): { accounts: number; unreadable: number } {
    return { accounts: this.held.size, unreadable: this.unreadableCount };
  }

  private open(held: Held, record: SecretRecord): string | undefined {
    try {
      const credential = openUpstreamCredential(this.master, record);
      held.opened = { version: record.version, credential };
      return credential;
    } catch {
      // Sealed under another master key, or moved. Its text would say nothing more, and must not.
      this.unreadableCount += 1;
      held.versions.set(record.version, null);
      return undefined;
    }
  }

  private read(key: string, value: Buffer): SecretRecord | null {
    const record = readRecord(
      SecretRecord,
      value,
      (said) => `${said.tenantId}/${said.account}@${said.version}` === key,
    );
    if (!record) this.unreadableCount += 1;
    return record ?? null;
  }
}

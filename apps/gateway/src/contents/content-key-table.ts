import { readRecord } from '#libs/access';
import { KeyedPlaces, type Places } from '#libs/bus';
import { readPublicKey } from '#libs/contents';
import { ContentKeyRecord, WATERMARK_KEY } from '#libs/contracts';

/** What contents of a tenant are sealed with. */
export type ContentKey = { readonly keyId: string; readonly publicKey: Awaited<ReturnType<typeof readPublicKey>> };
type Held = { readonly record: ContentKeyRecord; read: Promise<ContentKey | undefined> | undefined };

/** The tenants' public keys, as `audit.content-keys.v1` says. A record that cannot be read is as none. */
export class ContentKeyTable {
  readonly places: Places = new KeyedPlaces();
  private readonly held = new Map<string, Held>();

  /** Applies one verified record; `null` removes. */
  apply(key: string, value: Buffer | null): void {
    if (key === WATERMARK_KEY) return;
    this.held.delete(key);
    const record = value && readRecord(ContentKeyRecord, value, ({ tenantId }) => tenantId === key);
    if (record) this.held.set(key, { record, read: undefined });
  }

  has(tenantId: string): boolean {
    return this.held.has(tenantId);
  }

  /** Undefined where there is none, or it is none. */
  of(tenantId: string): Promise<ContentKey | undefined> {
    const held = this.held.get(tenantId);
    if (!held) return Promise.resolve(undefined);
    const { keyId, publicKey } = held.record;
    return (held.read ??= readPublicKey(publicKey).then(
      (read) => ({ keyId, publicKey: read }),
      () => undefined,
    ));
  }
}

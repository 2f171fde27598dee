import { mintKeyText, type Peppers } from '#libs/access';
import { deriveMacKey, sealRecord, type Bus } from '#libs/bus';
import { credentialKey, principalKey, tenantKey, topics, WATERMARK_KEY } from '#libs/contracts';

const issuedAt = '2026-01-01T00:00:00.000Z';

/** Publishes callers as identity does, so that policy's guards know somebody. */
export class IdentityState {
  private position = 0;
  private beat: NodeJS.Timeout | undefined;

  constructor(
    private readonly bus: Bus,
    private readonly busKey: Buffer,
    private readonly peppers: Peppers,
  ) {}

  /** Everything by position; to be waited for with `gatehouse-min-position`. */
  get place(): string {
    return `identity:${this.position}`;
  }

  async tenant(id: string, status: 'active' | 'deleted' = 'active'): Promise<void> {
    await this.write({ [tenantKey(id)]: { id, status } });
    this.beat ??= setInterval(() => void this.write({}).catch(() => undefined), 1_000);
  }

  /** A user with an address; answers the text of their key. */
  async user(tenantId: string, id: string, email: string): Promise<string> {
    return this.join({ id, tenantId, kind: 'user', email, name: null, operator: false }, 'pat');
  }

  async operator(): Promise<string> {
    const about = { id: 'va_operator', tenantId: 'platform', name: 'operator', operator: true };
    return this.join({ ...about, kind: 'virtual-account', email: null }, 'svc');
  }

  /** Publishes a user as identity does once they are erased. */
  async erase(tenantId: string, id: string): Promise<void> {
    const gone = { status: 'deleted', epoch: 2, email: null, name: null, operator: false, erased: true };
    const empty = { teams: [], groups: [], labels: {}, ownerTeam: null };
    await this.write({ [principalKey(id)]: { id, tenantId, kind: 'user', ...gone, ...empty } });
  }

  close(): void {
    clearInterval(this.beat);
  }

  private async join(who: { id: string; tenantId: string } & Record<string, unknown>, kind: 'pat' | 'svc') {
    const { text, keyId } = mintKeyText(kind, 'd');
    const empty = { teams: [], groups: [], labels: {}, ownerTeam: null };
    const secret = { mac: this.peppers.mac(text), pepperVersion: 1, until: null };
    const { id: ownerId, tenantId } = who;
    const dates = { issuedAt, rotatedAt: null, notBefore: null, expiresAt: null };
    const owner = { tenantId, ownerId, ownerEpoch: 1 };
    const bounds = { restrictions: {}, labels: {} };
    const credential = { keyId, kind, ...owner, status: 'active', secrets: [secret], ...bounds, ...dates };
    await this.write({
      [principalKey(ownerId)]: { ...who, status: 'active', epoch: 1, ...empty },
      [credentialKey(keyId)]: credential,
    });
    return text;
  }

  private async write(records: Readonly<Record<string, object>>): Promise<void> {
    const sealed = Object.entries(records).map(([key, value]) => this.seal(key, value, (this.position += 1)));
    await this.bus.publish([...sealed, this.seal(WATERMARK_KEY, { at: new Date().toISOString() }, this.position)]);
  }

  private seal(key: string, value: object, position: number) {
    const bytes = Buffer.from(JSON.stringify(value));
    const record = { topic: topics.identityState.name, key, value: bytes, generation: 1, epoch: 1, position };
    const time = new Date().toISOString();
    const envelope = { id: `${position}`, source: '/spec', type: 'state', time, schema: 1 };
    return sealRecord(deriveMacKey(this.busKey), record, envelope);
  }
}

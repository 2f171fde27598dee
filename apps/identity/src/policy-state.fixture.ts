import { createHash } from 'node:crypto';
import { deriveMacKey, sealRecord, type Bus } from '#libs/bus';
import { documentKey, headKey, setDigestInput, topics, WATERMARK_KEY, type DocumentKind } from '#libs/contracts';
import { canonicalJson } from '#libs/policy-language';

const at = '2026-01-01T00:00:00.000Z';
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** One role for one principal of a tenant. */
export type Grant = { readonly name: string; readonly subject: string; readonly role: string };

/** Any document, without what is the same in all. */
export type Document = {
  readonly kind: DocumentKind;
  readonly metadata: { readonly name: string; readonly tags?: Readonly<Record<string, string>> };
  readonly spec: object;
};

/** Publishes policy as its service does, so that identity's guards have something to decide by. */
export class PolicyState {
  private position = 0;
  private revision = 0;
  private beating: NodeJS.Timeout | undefined;

  constructor(
    private readonly bus: Bus,
    private readonly busKey: Buffer,
    private readonly nowIso: () => string,
  ) {}

  /** What a publisher says each second, by its clock. */
  beat(): Promise<void> {
    return this.write([]);
  }

  /** The tenant's bindings and other documents from now on. Answers the position to wait for. */
  async bind(tenant: string, grants: readonly Grant[], others: readonly Document[] = []): Promise<string> {
    this.revision += 1;
    const bindings = grants.map(({ name, subject, role }): Document => {
      return { kind: 'RoleBinding', metadata: { name }, spec: { subjects: [subject], roles: [role] } };
    });
    const documents = [...bindings, ...others].map(({ kind, metadata, spec }) => {
      const document = { apiVersion: 'gatehouse/v1', kind, metadata: { ...metadata, tenant }, spec };
      return { document, kind, name: metadata.name, digest: sha256(canonicalJson(document)) };
    });
    const set = { documentCount: documents.length, setDigest: sha256(setDigestInput(documents)) };
    const head = { tenantId: tenant, revision: this.revision, former: this.revision - 1, ...set, at };
    await this.write([
      ...documents.map(
        ({ document, kind, name, digest }) =>
          [documentKey(tenant, kind, name, this.revision), { document, digest }] as const,
      ),
      [headKey(tenant), head],
    ]);
    this.beating ??= setInterval(() => void this.beat().catch(() => undefined), 1_000);
    return `policy:${this.position}`;
  }

  close(): void {
    clearInterval(this.beating);
  }

  private async write(records: readonly (readonly [string, object])[]): Promise<void> {
    const sealed = records.map(([key, value]) => this.seal(key, value, (this.position += 1)));
    await this.bus.publish([...sealed, this.seal(WATERMARK_KEY, { at: this.nowIso() }, this.position)]);
  }

  private seal(key: string, value: object, position: number) {
    const bytes = Buffer.from(JSON.stringify(value));
    const record = { topic: topics.policyState.name, key, value: bytes, generation: 1, epoch: 1, position };
    const time = new Date().toISOString();
    return sealRecord(deriveMacKey(this.busKey), record, {
      id: `${position}`,
      source: '/spec',
      type: 'state',
      time,
      schema: 1,
    });
  }
}

import type { DocumentKind, HeadRecord } from '#libs/contracts';
import { documentKey, headKey, setDigestInput } from '#libs/contracts';
import { canonicalJson } from '#libs/policy-language';
import { sha256Hex } from '../authentication/sha256.js';
import { PolicyView, type PolicyViewOptions } from './policy-view.js';

type Document = { kind: DocumentKind; metadata: { name: string; tenant: string }; [field: string]: unknown };

/** A role that may list one model; the pattern tells which version of it is in force. */
export function role(name: string, resource: string, tenant = 'acme'): Document {
  const statements = [{ id: 'listing', effect: 'allow', actions: ['model:list'], resources: [resource] }];
  return { apiVersion: 'gatehouse/v1', kind: 'Role', metadata: { name, tenant }, spec: { statements } };
}

export function binding(name: string, subject: string, roleName: string, tenant = 'acme'): Document {
  const spec = { subjects: [subject], roles: [roleName] };
  return { apiVersion: 'gatehouse/v1', kind: 'RoleBinding', metadata: { name, tenant }, spec };
}

export const digestOf = (document: unknown) => sha256Hex(canonicalJson(document));

/** What policy publishes when it applies revisions, key by key, in the order of the log. */
export class Publisher {
  private readonly set = new Map<string, Document>();
  private revision = 0;

  constructor(readonly tenantId = 'acme') {}

  /** Records of the next revision: documents first, then the head. A name in `deleted` is `<kind>/<name>`. */
  apply(documents: readonly Document[], deleted: readonly string[] = []): [key: string, record: object][] {
    this.revision += 1;
    const records: [string, object][] = documents.map((document) => {
      this.set.set(`${document.kind}/${document.metadata.name}`, document);
      return [this.keyOf(document.kind, document.metadata.name), { document, digest: digestOf(document) }];
    });
    for (const id of deleted) {
      this.set.delete(id);
      const [kind = '', name = ''] = id.split('/');
      records.push([this.keyOf(kind as DocumentKind, name), { deleted: true }]);
    }
    return [...records, [headKey(this.tenantId), this.head()]];
  }

  head(change: Partial<HeadRecord> = {}): HeadRecord {
    const lines = [...this.set.values()].map((document) => ({
      kind: document.kind,
      name: document.metadata.name,
      digest: digestOf(document),
    }));
    return {
      tenantId: this.tenantId,
      revision: this.revision,
      former: this.revision - 1,
      documentCount: lines.length,
      setDigest: sha256Hex(setDigestInput(lines)),
      at: '2026-11-23T09:00:00.000Z',
      ...change,
    };
  }

  private keyOf(kind: DocumentKind, name: string): string {
    return documentKey(this.tenantId, kind, name, this.revision);
  }
}

/** A view with a clock that the spec moves, and what it alarmed about. */
export function watchedView(options: PolicyViewOptions = {}) {
  const faults: string[] = [];
  const clock = { ms: 0 };
  const onAlarm = ({ tenantId, fault }: { tenantId: string; fault: string }) => faults.push(`${tenantId}: ${fault}`);
  const view = new PolicyView({ onAlarm, clockMs: () => clock.ms, ...options });
  const put = (records: readonly (readonly [string, unknown])[]) => {
    for (const [key, record] of records) {
      const text = typeof record === 'string' ? record : JSON.stringify(record);
      view.apply(key, record === null ? null : Buffer.from(text));
    }
  };
  return { view, put, faults, clock };
}

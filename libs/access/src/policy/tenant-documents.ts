import { setDigestInput, type DocumentKind, type HeadRecord } from '#libs/contracts';
import { canonicalJson, readDocument, type PolicyDocument } from '#libs/policy-language';
import { sha256Hex } from '../authentication/sha256.js';

/** One version of one document. `document` undefined: deleted there. `unreadable`: nothing is known of that version. */
export type DocumentVersion =
  | { readonly state: 'present'; readonly document: PolicyDocument; readonly digest: string }
  | { readonly state: 'deleted' }
  | { readonly state: 'unreadable' };

export type VerifiedSet =
  | { readonly ok: true; readonly documents: readonly PolicyDocument[] }
  | { readonly ok: false; readonly fault: string };

/** Reads a document's record; it must be of the tenant, kind and name that its key says, and have the digest it claims. */
export function readVersion(
  record: { document: Record<string, unknown>; digest: string },
  key: { tenantId: string; kind: string; name: string },
): DocumentVersion {
  const document = readDocument(record.document);
  const digest = sha256Hex(canonicalJson(record.document));
  const { tenant, name } = document.metadata;
  const isNamed = tenant === key.tenantId && name === key.name && document.kind === key.kind;
  return isNamed && digest === record.digest ? { state: 'present', document, digest } : { state: 'unreadable' };
}

/** The versions of one tenant's documents, by `<kind>/<name>` and revision. */
export class TenantDocuments {
  private readonly names = new Map<string, Map<number, DocumentVersion>>();

  put(kind: string, name: string, revision: number, version: DocumentVersion): void {
    const id = `${kind}/${name}`;
    const versions = this.names.get(id) ?? new Map<number, DocumentVersion>();
    versions.set(revision, version);
    this.names.set(id, versions);
  }

  /** After a tombstone. */
  remove(kind: string, name: string, revision: number): void {
    const id = `${kind}/${name}`;
    const versions = this.names.get(id);
    versions?.delete(revision);
    if (versions?.size === 0) this.names.delete(id);
  }

  /** Set n = for each name the highest version that is not above n; it must be the set that the head describes. */
  verify(head: HeadRecord): VerifiedSet {
    const documents: PolicyDocument[] = [];
    const lines: { kind: DocumentKind; name: string; digest: string }[] = [];
    for (const [id, versions] of this.names) {
      const version = versions.get(highest(versions, head.revision));
      if (!version || version.state === 'deleted') continue;
      if (version.state === 'unreadable') return { ok: false, fault: `unreadable document ${id}` };
      documents.push(version.document);
      lines.push({ kind: version.document.kind, name: version.document.metadata.name, digest: version.digest });
    }
    if (documents.length !== head.documentCount) {
      return { ok: false, fault: `${documents.length} documents where the head has ${head.documentCount}` };
    }
    return sha256Hex(setDigestInput(lines)) === head.setDigest
      ? { ok: true, documents }
      : { ok: false, fault: 'the digest of the set is another' };
  }

  /** Forgets what neither set `revision` nor any later one can contain. */
  forgetBefore(revision: number): void {
    for (const [id, versions] of this.names) {
      const current = highest(versions, revision);
      for (const number of versions.keys()) if (number < current) versions.delete(number);
      if (versions.size === 1 && versions.get(current)?.state === 'deleted') this.names.delete(id);
    }
  }

  /** Versions in memory. */
  get size(): number {
    let size = 0;
    for (const versions of this.names.values()) size += versions.size;
    return size;
  }

  *entries(): Generator<readonly [id: string, revision: number, version: DocumentVersion]> {
    for (const [id, versions] of this.names) {
      for (const [revision, version] of versions) yield [id, revision, version];
    }
  }
}

function highest(versions: ReadonlyMap<number, unknown>, limit: number): number {
  let found = 0;
  for (const revision of versions.keys()) if (revision <= limit && revision > found) found = revision;
  return found;
}

import { SetDigest, type HeadRecord, type KeptPromptVersion, type PromptVersions } from '#libs/contracts';
import { documentSet, type DocumentSet } from '#libs/decision-engine';
import { canonicalJson, readDocument, type PolicyDocument } from '#libs/policy-language';
import { sha256Hex } from '../authentication/sha256.js';
import { holdPromptVersions } from './prompt-versions.js';

/** One version of one document. `document` undefined: deleted there. `unreadable`: nothing is known of that version. */
export type DocumentVersion =
  | {
      readonly state: 'present';
      readonly document: PolicyDocument;
      readonly digest: string;
      /** Of a prompt: the versions that it keeps belong to every set that it is part of. */
      readonly prompt?: PromptVersions | undefined;
    }
  | { readonly state: 'deleted' }
  | { readonly state: 'unreadable' };

export type VerifiedSet =
  | { readonly ok: true; readonly documents: DocumentSet }
  | { readonly ok: false; readonly fault: string };

/** Reads a document's record; it must be of the tenant, kind and name that its key says, and have the digest it claims. */
export function readVersion(
  record: { document: Record<string, unknown>; digest: string; prompt?: PromptVersions | undefined },
  key: { tenantId: string; kind: string; name: string; revision: number },
): DocumentVersion {
  const document = readDocument(record.document);
  const digest = sha256Hex(canonicalJson(record.document));
  const { tenant, name } = document.metadata;
  const { prompt } = record;
  const isNamed = tenant === key.tenantId && name === key.name && document.kind === key.kind;
  const isOfPrompt = !prompt || (document.kind === 'Prompt' && prompt.kept.every(isNotAfter(key.revision)));
  if (!isNamed || !isOfPrompt || digest !== record.digest) return { state: 'unreadable' };
  return { state: 'present', document, digest, ...(prompt && { prompt }) };
}

const isNotAfter = (limit: number) => (kept: { readonly revision: number }) => kept.revision <= limit;

type Present = Extract<DocumentVersion, { state: 'present' }>;
/** The last set that verified. */
type Current = { readonly revision: number; readonly documents: DocumentSet; readonly digest: SetDigest };

/**
 * The versions of one tenant's documents, by `<kind>/<name>` and revision. What a head costs to verify is in proportion
 * to the names that records have touched since the last one, not to the set.
 */
export class TenantDocuments {
  private readonly names = new Map<string, Map<number, DocumentVersion>>();
  /** Of the current set; changed only together with `current`. */
  private readonly versions = new Map<string, Present>();
  private current: Current = { revision: 0, documents: documentSet([]), digest: SetDigest.empty(sha256Hex) };
  /** Names whose version in force may be another than that of the current set. */
  private readonly touched = new Set<string>();

  put(kind: string, name: string, revision: number, version: DocumentVersion): void {
    const id = `${kind}/${name}`;
    const versions = this.names.get(id) ?? new Map<number, DocumentVersion>();
    versions.set(revision, version);
    this.names.set(id, versions);
    this.touched.add(id);
  }

  /** After a tombstone. */
  remove(kind: string, name: string, revision: number): void {
    const id = `${kind}/${name}`;
    const versions = this.names.get(id);
    versions?.delete(revision);
    if (versions?.size === 0) this.names.delete(id);
    this.touched.add(id);
  }

  /** Set n = for each name the highest version that is not above n; it must be the set that the head describes. */
  verify(head: HeadRecord): VerifiedSet {
    // Only a head that went back (a snapshot's last good set) needs every name again.
    const ids =
      head.revision < this.current.revision ? new Set([...this.names.keys(), ...this.versions.keys()]) : this.touched;
    const changes = new Map<string, { before: Present | undefined; after: Present | undefined }>();
    for (const id of ids) {
      const after = this.versionAt(id, head.revision);
      if (after?.state === 'unreadable') return { ok: false, fault: `unreadable document ${id}` };
      const before = this.versions.get(id);
      const present = after?.state === 'present' ? after : undefined;
      const lost = present && this.lostVersion(id, present);
      if (lost !== undefined) return { ok: false, fault: `version ${lost} of ${id} is not there` };
      const isSame = before?.digest === present?.digest && before?.prompt?.version === present?.prompt?.version;
      if (!isSame) changes.set(id, { before, after: present });
    }
    const digest = this.current.digest.with(
      Array.from(changes.values(), ({ before, after }) => ({ before: digested(before), after: digested(after) })),
    );
    if (digest.size !== head.documentCount) {
      return { ok: false, fault: `${digest.size} documents where the head has ${head.documentCount}` };
    }
    if (!digest.is(head.setDigest)) return { ok: false, fault: 'the digest of the set is another' };
    return { ok: true, documents: this.take(head.revision, changes, digest) };
  }

  /** Forgets, of the names that records have touched, what neither set `revision` nor any later one can contain. */
  forgetBefore(revision: number): void {
    for (const id of this.touched) {
      const versions = this.names.get(id);
      const current = versions ? highest(versions, revision) : 0;
      const kept = new Set(keptBy(versions?.get(current)).map((each) => each.revision));
      for (const number of versions?.keys() ?? []) if (number < current && !kept.has(number)) versions?.delete(number);
      if (versions?.size === 1 && versions.get(current)?.state === 'deleted') this.names.delete(id);
      const isAhead = [...(this.names.get(id)?.keys() ?? [])].some((number) => number > revision);
      if (!isAhead) this.touched.delete(id);
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

  private documentAt(id: string, revision: number): PolicyDocument | undefined {
    const version = this.names.get(id)?.get(revision);
    return version?.state === 'present' ? version.document : undefined;
  }

  private versionAt(id: string, revision: number): DocumentVersion | undefined {
    const versions = this.names.get(id);
    return versions?.get(highest(versions, revision));
  }

  /** The first version that a prompt keeps and that has not come, or as another. */
  private lostVersion(id: string, prompt: Present): number | undefined {
    const versions = this.names.get(id);
    const isLost = ({ revision, digest }: KeptPromptVersion) => {
      const found = versions?.get(revision);
      return found?.state !== 'present' || found.digest !== digest;
    };
    return keptBy(prompt).find(isLost)?.version;
  }

  private take(
    revision: number,
    changes: ReadonlyMap<string, { before: Present | undefined; after: Present | undefined }>,
    digest: SetDigest,
  ): DocumentSet {
    const edit = this.current.documents.begin();
    for (const [id, { after }] of changes) {
      if (after) {
        edit.set(id, after.document);
        this.versions.set(id, after);
        if (after.prompt) holdPromptVersions(after.document, after.prompt, (each) => this.documentAt(id, each));
      } else {
        edit.delete(id);
        this.versions.delete(id);
      }
    }
    this.current = { revision, documents: edit.done(), digest };
    return this.current.documents;
  }
}

/** The versions that a version keeps. */
const keptBy = (version: DocumentVersion | undefined) =>
  version?.state === 'present' ? (version.prompt?.kept ?? []) : [];

function digested(version: Present | undefined) {
  if (!version) return undefined;
  const { document, digest } = version;
  return { kind: document.kind, name: document.metadata.name, digest };
}

function highest(versions: ReadonlyMap<number, unknown>, limit: number): number {
  let found = 0;
  for (const revision of versions.keys()) if (revision <= limit && revision > found) found = revision;
  return found;
}

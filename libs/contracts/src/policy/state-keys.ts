import type { DocumentKind } from './document.record.js';

/** Keys on `policy.state.v1` and `policy.secrets.v1`. Names hold neither `@` nor white space. */
export const documentKey = (tenantId: string, kind: DocumentKind, name: string, revision: number) =>
  `${tenantId}/${kind}/${name}@${revision}`;
export const headKey = (tenantId: string) => `${tenantId}/head`;
export const secretKey = (tenantId: string, account: string, version: number) => `${tenantId}/${account}@${version}`;

export type PolicyStateKey =
  | { type: 'head'; tenantId: string }
  | { type: 'document'; tenantId: string; kind: string; name: string; revision: number };

const HEAD = /^([^/@]+)\/head$/;
const DOCUMENT = /^([^/@]+)\/([A-Za-z]+)\/([^@\s]+)@([1-9][0-9]*)$/;

/** Undefined for a key that follows neither form. */
export function parsePolicyStateKey(key: string): PolicyStateKey | undefined {
  const head = HEAD.exec(key);
  if (head?.[1]) return { type: 'head', tenantId: head[1] };
  const [, tenantId, kind, name, revision] = DOCUMENT.exec(key) ?? [];
  if (!tenantId || !kind || !name) return undefined;
  return { type: 'document', tenantId, kind, name, revision: Number(revision) };
}

/**
 * What a digest of documents is taken over: a line `<kind>/<name> <digest>` for every document in force, sorted by code unit,
 * each ended by a line feed. SHA-256 of its UTF-8 bytes, in hex, is the digest.
 */
export function setDigestInput(documents: Iterable<{ kind: string; name: string; digest: string }>): string {
  return Array.from(documents, setDigestLine).sort().join('');
}

/** The line of one document in {@link setDigestInput}. */
export function setDigestLine({ kind, name, digest }: { kind: string; name: string; digest: string }): string {
  return `${kind}/${name} ${digest}\n`;
}

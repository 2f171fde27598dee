import { isKind, kinds, type PolicyDocument } from '../kinds/registry.js';

/** A value that is no policy document; `problems` says why, without repeating its values. */
export class PolicyDocumentError extends Error {
  override readonly name = 'PolicyDocumentError';

  constructor(readonly problems: readonly string[]) {
    super(`Not a policy document: ${problems.join('; ')}`);
  }
}

/**
 * Reads a document that was published, strictly and without its neighbours: schema only, no lint. Nothing is added, so
 * the canonical form of what it gives is that of what it got. Throws `PolicyDocumentError`.
 */
export function readDocument(value: unknown): PolicyDocument {
  const kind: unknown = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined;
  if (!isKind(kind)) throw new PolicyDocumentError(['unknown kind']);
  const read = kinds[kind].schema.safeParse(value);
  if (read.success) return read.data as PolicyDocument;
  throw new PolicyDocumentError(
    read.error.issues.slice(0, 10).map(({ path, message }) => `${path.join('.')}: ${message}`),
  );
}

/** `Role/staging-user`: one per tenant. */
export const documentId = ({ kind, metadata }: { kind: string; metadata: { name: string } }) =>
  `${kind}/${metadata.name}`;

/** The stored credentials that a document names. */
export function secretRefsOf(document: PolicyDocument): readonly string[] {
  if (document.kind !== 'ProviderAccount' && document.kind !== 'McpServer') return [];
  return document.spec.credential ? [document.spec.credential.secretRef] : [];
}

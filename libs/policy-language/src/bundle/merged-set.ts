import { documentId } from '../documents/document.js';
import type { PolicyDocument } from '../kinds/registry.js';

/** A tenant's set with a bundle's documents added to it, or put in place of those of the same kind and name. */
export function mergedSet(
  inForce: readonly PolicyDocument[],
  bundle: readonly PolicyDocument[],
): readonly PolicyDocument[] {
  const replaced = new Set(bundle.map(documentId));
  return [...inForce.filter((document) => !replaced.has(documentId(document))), ...bundle];
}

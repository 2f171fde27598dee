import { createHash, createHmac } from 'node:crypto';
import type { DocumentChange } from '#libs/contracts';
import { canonicalJson, type PolicyDocument } from '#libs/policy-language';
import { takeFreeText, type FreeText } from '../documents/free-text.js';

export const sha256 = (text: string) => createHash('sha256').update(text, 'utf8').digest('hex');

/** A change as it is kept, and the free text that is to be sealed beside it. */
export type WantedChange = { readonly change: DocumentChange; readonly text: FreeText | null };

/** What setting a document (already with ids for subjects) comes to. `textKey` keys the digests of free text. */
export function settingOf(document: PolicyDocument, textKey: Uint8Array): WantedChange {
  const keyed = (text: string) => createHmac('sha256', textKey).update(text, 'utf8').digest('base64url').slice(0, 22);
  const { document: kept, text } = takeFreeText(document, keyed);
  const canonical = canonicalJson(kept);
  const { kind, metadata } = kept;
  const change = { kind, name: metadata.name, document: JSON.parse(canonical) as Record<string, unknown> };
  return { change: { ...change, digest: sha256(canonical), freeText: null }, text };
}

export function deletionOf({ kind, name }: { kind: DocumentChange['kind']; name: string }): WantedChange {
  return { change: { kind, name, document: null, digest: null, freeText: null }, text: null };
}

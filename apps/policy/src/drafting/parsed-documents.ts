import { readDocument, type PolicyDocument } from '#libs/policy-language';
import type { SetEntry } from './draft-messages.js';

/** Documents that stay parsed between jobs; the tenants that change most are changed again soon. */
const KEPT_MAX = 40_000;

/** Documents in force, read once: the digest of a document says what it reads as. */
export class ParsedDocuments {
  private readonly kept = new Map<string, PolicyDocument>();

  of(entries: readonly SetEntry[]): readonly PolicyDocument[] {
    // Emptied whole, never entry by entry: what one set needs is used together.
    if (this.kept.size + entries.length > KEPT_MAX) this.kept.clear();
    return entries.map(({ digest, text }) => {
      const known = this.kept.get(digest);
      if (known) return known;
      const document = readDocument(JSON.parse(text));
      this.kept.set(digest, document);
      return document;
    });
  }
}

import type { Path } from '../bundle/source-map.js';
import type { Report } from './lint-context.js';

/** Statements and rules are cited by their ids: two of one name would make the citation mean either. */
export function reportDuplicates(items: readonly { readonly id: string }[], path: Path, report: Report): void {
  const seen = new Set<string>();
  for (const [n, { id }] of items.entries()) {
    if (seen.has(id)) {
      report({ path: [...path, n, 'id'], rule: 'duplicate-id', message: `The id "${id}" is taken in this document.` });
    }
    seen.add(id);
  }
}

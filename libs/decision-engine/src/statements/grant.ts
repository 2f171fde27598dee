import type { PersistentMap } from '../persistent/persistent-map.js';
import { firstFew } from './citations.js';
import type { Row, Terms } from './row.js';

const NO_ROWS: readonly Row[] = Object.freeze([]);

/** The rows of one role as one binding narrows it, by action. Shared by all subjects of equal bindings. */
export class Grant {
  private readonly byAction: (Row[] | undefined)[] = [];

  constructor(readonly rows: readonly Row[]) {
    for (const row of rows) for (const action of row.actions) (this.byAction[action] ??= []).push(row);
  }

  forAction(action: number): readonly Row[] {
    return this.byAction[action] ?? NO_ROWS;
  }
}

/** Statements that match together or not at all; `cited` is enough of them to cite, in order. */
export type SharedTerms = { readonly terms: Terms; readonly cited: readonly string[] };

/** What one subject holds, by the document that grants it. Never changes; what it keeps is what was already looked up. */
export class SubjectGrants {
  private readonly rows: (readonly Row[] | undefined)[] = [];
  private readonly shared: (readonly SharedTerms[] | undefined)[] = [];

  constructor(readonly sources: PersistentMap<readonly Grant[]>) {}

  *grants(): Generator<Grant> {
    for (const granted of this.sources.values()) yield* granted;
  }

  /** The rows of all grants for one action, each once. */
  rowsFor(action: number): readonly Row[] {
    return (this.rows[action] ??= this.gather(action));
  }

  /** The same by what they need to match, so that a thousand statements with the same terms are looked at once. */
  termsFor(action: number): readonly SharedTerms[] {
    return (this.shared[action] ??= this.together(action));
  }

  private gather(action: number): readonly Row[] {
    const rows = new Set<Row>();
    for (const grant of this.grants()) for (const row of grant.forAction(action)) rows.add(row);
    return [...rows];
  }

  private together(action: number): readonly SharedTerms[] {
    const byTerms = new Map<Terms, Set<string>>();
    for (const grant of this.grants()) {
      for (const { id, terms } of grant.forAction(action)) {
        const ids = byTerms.get(terms);
        if (ids) ids.add(id);
        else byTerms.set(terms, new Set([id]));
      }
    }
    return Array.from(byTerms, ([terms, ids]) => ({ terms, cited: firstFew(ids) }));
  }
}

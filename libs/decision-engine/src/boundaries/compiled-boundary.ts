import type { PersistentMap } from '../persistent/persistent-map.js';
import type { Row } from '../statements/row.js';

/** A ceiling: some of its rows must allow what its subjects do. */
export type CompiledBoundary = { readonly name: string; readonly rows: readonly Row[] };

/** Boundaries of one subject, by document. */
export class SubjectBoundaries {
  constructor(readonly sources: PersistentMap<readonly CompiledBoundary[]>) {}

  *[Symbol.iterator](): Generator<CompiledBoundary> {
    for (const boundaries of this.sources.values()) yield* boundaries;
  }
}

import type { Kind, PolicyDocument } from '#libs/policy-language';
import type { SubjectBoundaries } from '../boundaries/compiled-boundary.js';
import type { ModelsOfSet } from '../catalogue/catalogue.js';
import type { TaggedOfSet } from '../catalogue/tagged-resources.js';
import { PersistentMap } from '../persistent/persistent-map.js';
import type { SubjectGrants } from '../statements/grant.js';
import { StatementCompiler } from '../statements/statement-compiler.js';
import type { HeldBySubject } from '../subjects/subject-index.js';
import type { DocumentSet } from './document-set.js';

/**
 * What one set, a tenant's own or the platform's, compiles to by itself. Never changed: the next revision's shares all
 * that the revision did not touch. The platform's is one object for all tenants.
 */
export type CompiledSet = {
  readonly documents: DocumentSet;
  /** By kind, then by name. */
  readonly byKind: ReadonlyMap<Kind, PersistentMap<PolicyDocument>>;
  readonly models: ModelsOfSet;
  readonly tagged: TaggedOfSet;
  readonly grants: HeldBySubject<SubjectGrants>;
  readonly boundaries: HeldBySubject<SubjectBoundaries>;
  /** Names of the bindings that name a role, wherever that role stands. */
  readonly bindingsOfRole: PersistentMap<PersistentMap<true>>;
  /** Documents with a condition on the operation. */
  readonly operationReaders: number;
  /** Keeps what statements have in common, over all revisions of the set. */
  readonly statements: StatementCompiler;
};

/** The set that every set begins as. */
export const emptySet = (): CompiledSet => ({
  documents: PersistentMap.empty(),
  byKind: new Map(),
  models: PersistentMap.empty(),
  tagged: PersistentMap.empty(),
  grants: PersistentMap.empty(),
  boundaries: PersistentMap.empty(),
  bindingsOfRole: PersistentMap.empty(),
  operationReaders: 0,
  statements: new StatementCompiler(),
});

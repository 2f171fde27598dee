import { PLATFORM, type PolicyDocument } from '#libs/policy-language';
import { PersistentMap } from '../persistent/persistent-map.js';
import { compileSet } from '../sets/compile-set.js';
import { emptySet, type CompiledSet } from '../sets/compiled-set.js';
import { documentSet, type DocumentSet } from '../sets/document-set.js';
import { TenantSnapshot } from './tenant-snapshot.js';

/** Whole sets, as published: each document has passed `readDocument`. */
export type CompileInput = {
  readonly tenant: string;
  /** A `DocumentSet` lets one revision be told from the next by what they do not share. */
  readonly documents: DocumentSet | readonly PolicyDocument[];
  /** Of tenant `platform`; not looked at when that is the tenant. */
  readonly platformDocuments: DocumentSet | readonly PolicyDocument[];
  readonly policyRevision: number;
  readonly platformRevision: number;
};

/**
 * Compiles what is in force in one tenant. With `former`, the tenant's snapshot of any other revision, only what differs
 * is compiled, and the rest is shared. Pure; throws `CompileError`, and nothing is skipped, since a statement left out
 * could have been a deny.
 */
export function compile(input: CompileInput, former?: TenantSnapshot): TenantSnapshot {
  const steps = compileSteps(input, former);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** The same in steps of well under a millisecond each, for who has other work to do in between. */
export function* compileSteps(input: CompileInput, former?: TenantSnapshot): Generator<void, TenantSnapshot> {
  const { tenant, policyRevision, platformRevision } = input;
  const before = former?.compiled;
  const shared = tenant === PLATFORM ? PersistentMap.empty<PolicyDocument>() : asSet(input.platformDocuments);
  const platform = yield* compilePlatform(shared, before?.platform);
  const roles = { before: before?.platform.documents ?? PersistentMap.empty(), after: shared };
  const own = yield* compileSet(before?.own ?? emptySet(), asSet(input.documents), roles);
  return new TenantSnapshot({ tenant, policyRevision, platformRevision }, own, platform, before);
}

/** The platform's sets that were compiled, so that each is for the first tenant that needs it, and shared by all others. */
const platforms = new WeakMap<DocumentSet, CompiledSet>();

function* compilePlatform(documents: DocumentSet, former: CompiledSet | undefined): Generator<void, CompiledSet> {
  const known = platforms.get(documents);
  if (known) return known;
  const none = PersistentMap.empty<PolicyDocument>();
  const made = yield* compileSet(former ?? emptySet(), documents, { before: none, after: none });
  platforms.set(documents, made);
  return made;
}

const asSet = (documents: DocumentSet | readonly PolicyDocument[]): DocumentSet =>
  documents instanceof PersistentMap ? documents : documentSet(documents);

import type { DocumentChange, DocumentKind } from '#libs/contracts';
import type { CounterExample, Principal, TestReport } from '#libs/decision-engine';
import type { Finding, SourceFile } from '#libs/policy-language';
import type { WantedChange } from './wanted-change.js';

/** A document in force, as the thread is given it: its text is read there. */
export type SetEntry = {
  readonly kind: DocumentKind;
  readonly name: string;
  readonly digest: string;
  /** JSON of the kept form: ids for addresses, digests for free text. */
  readonly text: string;
};

/** What is in force where something is to change. */
export type Sets = { readonly own: readonly SetEntry[]; readonly platform: readonly SetEntry[] };

/** A bundle as it was posted. `ids` says which subject each named address is; an address that is missing is nobody's. */
export type BundleSource = {
  readonly type: 'bundle';
  readonly files: readonly SourceFile[];
  readonly ids: Readonly<Record<string, string>>;
  /** `apply` adds and replaces, `replace` also deletes what is not in the bundle, `check` may hold tests alone. */
  readonly mode: 'check' | 'apply' | 'replace';
  /** Keys the digests that stand for free text. */
  readonly textKey: Uint8Array;
};

/** What is wanted is known in its kept form already: a deletion, or the documents of an older revision. */
export type ChangesSource = { readonly type: 'changes'; readonly changes: readonly DocumentChange[] };
export type DraftSource = BundleSource | ChangesSource;

/** First look at a bundle: what has to be known before it can be drafted. */
export type ReadJob = { readonly type: 'read'; readonly files: readonly SourceFile[] };
export type ReadBundle = {
  /** Of the first document that names one. */
  readonly tenant: string | undefined;
  /** Every `user:<e-mail>` that documents and tests name. */
  readonly addresses: readonly string[];
  readonly hasTests: boolean;
};

/** Works out what a source would change, and whether that may be. */
export type DraftJob = {
  readonly type: 'draft';
  readonly tenantId: string;
  readonly sets: Sets;
  readonly source: DraftSource;
  /** Whom invariants are checked for; needed by bundles that carry tests. */
  readonly people: readonly Principal[];
  /** Who must hold what the change grants; undefined for whom rule 11 excepts. */
  readonly holder: Principal | undefined;
  readonly nowMs: number;
};

/** An upstream address that a change brings, with the finding to give where it is refused. */
export type UpstreamAddress = { readonly url: string; readonly finding: Finding };

export type Draft = {
  readonly errors: readonly Finding[];
  readonly warnings: readonly Finding[];
  /** What differs from what is in force; none where there are errors. */
  readonly wanted: readonly WantedChange[];
  readonly addresses: readonly UpstreamAddress[];
  /** Undefined where there are errors, or nothing to run. */
  readonly report: TestReport | undefined;
  /** One for each test, invariant or coverage that did not hold, at its place. */
  readonly failedTests: readonly Finding[];
  /** What would be granted and is not held by `holder`. */
  readonly exceeding: CounterExample | undefined;
};

export type Job = ReadJob | DraftJob;
export type ResultOf<J extends Job> = J extends ReadJob ? ReadBundle : Draft;

/** How far a job has come; said when a stage begins. */
export type Stage = 'reading' | 'linting' | 'compiling' | 'testing' | 'comparing grants';

export type ToThread = { readonly job: Job };
export type FromThread =
  | { readonly stage: Stage }
  | { readonly result: ReadBundle | Draft }
  | { readonly failed: string };

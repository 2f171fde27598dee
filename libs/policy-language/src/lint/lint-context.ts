import type { Path } from '../bundle/source-map.js';

/** One mistake inside a document; `path` leads from the document's root to the value (or, with `at: 'key'`, its key). */
export type Mistake = {
  readonly path: Path;
  /** Stable name of the rule, such as `unknown-action`. */
  readonly rule: string;
  readonly message: string;
  readonly suggestion?: string | undefined;
  readonly severity?: 'error' | 'warning';
  readonly at?: 'key' | 'value';
};

/** Takes one mistake. */
export type Report = (mistake: Mistake) => void;

/** Allowed values of a tag, or `*` for any. */
export type TagSchema = Readonly<Record<string, readonly string[] | '*'>>;

/** What the rules may know besides the document: the set that would be in force with the bundle applied. */
export type LintContext = {
  readonly tenant: string;
  /** Names of the tenant's own documents of a kind. For the platform: the platform's. */
  own(kind: string): ReadonlySet<string>;
  /** Names of the platform's documents of a kind; empty when the platform itself is linted. */
  platform(kind: string): ReadonlySet<string>;
  /** Names of all kinds of documents. */
  readonly kinds: readonly string[];
  readonly builtInRoles: ReadonlySet<string>;
  readonly tagSchema: TagSchema | undefined;
  /** Every tag key that a document in force carries. */
  readonly tagKeys: ReadonlySet<string>;
  /** Metadata keys whose values the tenant lists in its settings. */
  readonly pinnedMetadata: ReadonlySet<string>;
};

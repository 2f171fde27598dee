import type { DocumentChange } from '#libs/contracts';
import { canonicalJson } from '#libs/policy-language';

/** The value of the tag `env` that what serves customers carries. */
export const PRODUCTION = 'production';
const PROMOTED: ReadonlySet<string> = new Set(['Prompt', 'Route']);

/** A version of a document and who made it. */
export type Version = {
  readonly author: string;
  /** Made by rolling back: its author chose a revision, and looked at no document of it. */
  readonly isRestored: boolean;
  readonly digest: string;
  readonly document: Readonly<Record<string, unknown>>;
};

type Kept = Readonly<Record<string, unknown>>;
type Metadata = { readonly tags?: Readonly<Record<string, string>> };

const metadataOf = (document: Kept) => (document['metadata'] ?? {}) as Metadata;

/** Whether a document stands in production. */
export const isInProduction = (document: Kept) => metadataOf(document).tags?.['env'] === PRODUCTION;

/** Whether a change puts a prompt or a route into production, or changes it there. */
export const isPromotion = ({ kind, document }: Pick<DocumentChange, 'kind' | 'document'>) =>
  PROMOTED.has(kind) && document !== null && isInProduction(document);

/**
 * Whether somebody besides the actor stands behind what is promoted: another person wrote just this, apart from the
 * environment; or it was in production before, which took two then.
 * @param versions of the document, all that there ever were.
 */
export function hasSecondPerson(change: DocumentChange, versions: readonly Version[], actor: string): boolean {
  const { document, digest } = change;
  if (document === null) return true;
  const content = contentOf(document);
  return versions.some(
    (version) => version.digest === digest || (standsBehind(version, actor) && contentOf(version.document) === content),
  );
}

const standsBehind = ({ author, isRestored }: Version, actor: string) => author !== actor && !isRestored;

/** All of a document but its environment. */
function contentOf(document: Kept): string {
  const { tags = {}, ...metadata } = metadataOf(document);
  const { env: _, ...others } = tags;
  return canonicalJson({ ...document, metadata: { ...metadata, tags: others } });
}

import { pointerTo } from '#libs/http';
import { canonicalJson } from '#libs/policy-language';

/** What is to be compared of a document. */
export type ComparedDocument = {
  readonly kind: string;
  readonly name: string;
  readonly digest: string;
  /** As people read it. */
  readonly document: unknown;
};

/** One value that differs; `from` and `to` are left out where there is none. */
export type FieldDifference = { readonly pointer: string; readonly from?: unknown; readonly to?: unknown };
export type DocumentDifference = {
  readonly kind: string;
  readonly name: string;
  readonly change: 'added' | 'deleted' | 'changed';
  readonly fields: readonly FieldDifference[];
};

/** Fields told of one document; a rewritten one is better read whole. */
export const FIELDS_SHOWN_MAX = 200;

/** Ids of the documents that two sets do not share, in the order of kinds and names. */
export function differingIds(from: readonly Unread[], to: readonly Unread[]): readonly string[] {
  const digests = (set: readonly Unread[]) => new Map(set.map(({ kind, name, digest }) => [`${kind}/${name}`, digest]));
  const [before, after] = [digests(from), digests(to)];
  return [...new Set([...before.keys(), ...after.keys()])].filter((id) => before.get(id) !== after.get(id)).toSorted();
}
type Unread = Pick<ComparedDocument, 'kind' | 'name' | 'digest'>;

/** How one document became another; lists are compared as a whole, since their order means something. */
export function documentDifference(
  from: ComparedDocument | undefined,
  to: ComparedDocument | undefined,
): DocumentDifference {
  const { kind, name } = (to ?? from) as ComparedDocument;
  const change = from === undefined ? 'added' : to === undefined ? 'deleted' : 'changed';
  const fields = change === 'changed' ? fieldDifferences(from?.document, to?.document, '') : [];
  return { kind, name, change, fields: fields.slice(0, FIELDS_SHOWN_MAX) };
}

function fieldDifferences(from: unknown, to: unknown, pointer: string): FieldDifference[] {
  if (isMapping(from) && isMapping(to)) {
    const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])].toSorted();
    return keys.flatMap((key) => fieldDifferences(from[key], to[key], pointer + pointerTo([key])));
  }
  if (textOf(from) === textOf(to)) return [];
  return [{ pointer, ...(from !== undefined && { from }), ...(to !== undefined && { to }) }];
}

const textOf = (value: unknown) => (value === undefined ? undefined : canonicalJson(value));
const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

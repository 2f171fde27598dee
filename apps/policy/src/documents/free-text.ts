import type { PolicyDocument } from '#libs/policy-language';

/** What stands in the place of a text that only its author's key opens. The rest of the line is a keyed digest of it. */
const SEALED = 'sealed:';

/** Free text by its JSON pointer. */
export type FreeText = Readonly<Record<string, string>>;

const POINTER = '/spec/reason';

/**
 * Takes people's free text out of a document, so that its canonical form can be kept for ever. What is put in its place
 * still changes when the text does, so that a changed reason is a changed document.
 * @param digest keyed, so that the text cannot be guessed from it.
 */
export function takeFreeText(
  document: PolicyDocument,
  digest: (text: string) => string,
): { document: PolicyDocument; text: FreeText | null } {
  if (document.kind !== 'RoleBinding' || document.spec.reason === undefined) return { document, text: null };
  const { reason } = document.spec;
  const spec = { ...document.spec, reason: `${SEALED}${digest(`${document.metadata.name}\n${reason}`)}` };
  return { document: { ...document, spec }, text: { [POINTER]: reason } };
}

/** Puts it back for a reader; without the text (its author was erased) the place says so. */
export function putFreeText(document: PolicyDocument, text: FreeText | null): PolicyDocument {
  if (document.kind !== 'RoleBinding' || !document.spec.reason?.startsWith(SEALED)) return document;
  const reason = text?.[POINTER] ?? '(erased)';
  return { ...document, spec: { ...document.spec, reason } };
}

import type { PromptVersions } from '#libs/contracts';
import type { DocumentOf, PolicyDocument } from '#libs/policy-language';

type Prompt = DocumentOf<'Prompt'>;

/** The versions of a prompt that belong to the set that the prompt is in force in. */
export type HeldPromptVersions = {
  /** Of the one in force. */
  readonly version: number;
  /** Those that calls may pin, by their numbers; oldest first. */
  readonly kept: ReadonlyMap<number, Prompt>;
};

/** By the document in force, so that whoever decides by a snapshot serves what was in force with it. */
const held = new WeakMap<PolicyDocument, HeldPromptVersions>();

/** What came beside a document that is put in force. */
export function holdPromptVersions(
  document: PolicyDocument,
  { version, kept }: PromptVersions,
  documentAt: (revision: number) => PolicyDocument | undefined,
): void {
  const documents = kept.flatMap((each) => {
    const found = documentAt(each.revision);
    return found?.kind === 'Prompt' ? [[each.version, found] as const] : [];
  });
  held.set(document, { version, kept: new Map(documents) });
}

/** The versions of a prompt of some snapshot. Undefined: it was put in force before versions were kept. */
export const promptVersionsOf = (document: Prompt): HeldPromptVersions | undefined => held.get(document);

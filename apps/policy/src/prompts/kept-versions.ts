import {
  PROMPT_VERSIONS_KEPT_MAX,
  type DocumentChange,
  type KeptPromptVersion,
  type PromptVersions,
} from '#libs/contracts';
import { isInProduction } from '../promotions/second-person.js';

/** What is known of one prompt's versions: how many it had, also before it was deleted, and which ones are kept. */
export type PromptState = { readonly versions: number; readonly kept: readonly KeptPromptVersion[] };

const NONE: PromptState = { versions: 0, kept: [] };

/**
 * The version that setting a prompt makes, and the ones that calls may pin from then on: those that went to production,
 * the newest of them, none from before the prompt was deleted.
 */
export function promptVersionsAfter(
  { versions, kept }: PromptState = NONE,
  { document, digest }: Pick<DocumentChange, 'document' | 'digest'>,
  revision: number,
): PromptVersions | undefined {
  if (document === null || digest === null) return undefined;
  const version = versions + 1;
  const made = isInProduction(document) ? [{ version, revision, digest }] : [];
  return { version, kept: [...kept, ...made].slice(-PROMPT_VERSIONS_KEPT_MAX) };
}

/** A prompt after a change of an event. */
export function promptAfter(before: PromptState = NONE, change: DocumentChange, revision: number): PromptState {
  if (change.prompt) return { versions: change.prompt.version, kept: change.prompt.kept };
  // An event from before versions were kept: of its records, only what is in force is sure to be still on the topic.
  const alone = promptVersionsAfter({ ...before, kept: [] }, change, revision);
  return { versions: alone?.version ?? before.versions, kept: alone?.kept ?? [] };
}

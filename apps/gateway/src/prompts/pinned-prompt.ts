import { promptVersionsOf } from '#libs/access';
import type { DocumentOf } from '#libs/policy-language';
import { Refusal } from '../refusals/refusal.js';

type Prompt = DocumentOf<'Prompt'>;

/** What is put into a call, and as what it is recorded: `Prompt/<name>@<version>`. */
export type ServedPrompt = { readonly document: Prompt; readonly rule: string };

/** The version that a call pins, among those that went to production and are kept; the one in force, where it pins none. */
export function servedPrompt(inForce: Prompt, pinned: number | undefined): ServedPrompt | Refusal {
  const versions = promptVersionsOf(inForce);
  const { name } = inForce.metadata;
  if (pinned === undefined) {
    // A record from before versions were numbered does not say which one it is.
    return { document: inForce, rule: versions ? `Prompt/${name}@${versions.version}` : `Prompt/${name}` };
  }
  const document = versions?.kept.get(pinned);
  if (document) return { document, rule: `Prompt/${name}@${pinned}` };
  return new Refusal('not_found', 'resource_unknown', withoutVersion(pinned, versions?.kept.keys()), 'prompt.version');
}

/** Told to who may read the prompt; drafts, numbers that never were and versions that are not kept are alike. */
function withoutVersion(pinned: number, kept: Iterable<number> = []): string {
  const others = [...kept].toReversed();
  const way =
    others.length > 0
      ? `Pin one of ${others.map((version) => `"${version}"`).join(', ')}`
      : 'None of its versions can be pinned until one is promoted; have it promoted';
  return `Version "${pinned}" of this prompt did not go to production, or is not kept any more. ${way}, or leave the version out for the one in force.`;
}

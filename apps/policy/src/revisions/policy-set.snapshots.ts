import type { Snapshots } from '#libs/event-store';
import { DocumentKind, KeptPromptVersion } from '#libs/contracts';
import { z } from 'zod';
import type { PolicySetState } from './policy-set.decider.js';

const Written = z.strictObject({
  revision: z.int(),
  documents: z.array(z.strictObject({ kind: DocumentKind, name: z.string(), digest: z.string() })),
  prompts: z.array(z.strictObject({ name: z.string(), versions: z.int(), kept: z.array(KeptPromptVersion) })),
});

/** A tenant with thousands of revisions is changed at the cost of its last few. */
export const policySetSnapshots: Snapshots<PolicySetState> = {
  name: 'policy-set-2',
  everyEvents: 50,
  write: ({ revision, documents, prompts }) => ({
    revision,
    documents: [...documents.values()],
    prompts: Array.from(prompts, ([name, prompt]) => ({ name, ...prompt })),
  }),
  read: (written) => {
    const { revision, documents, prompts } = Written.parse(written);
    return {
      revision,
      documents: new Map(documents.map((each) => [`${each.kind}/${each.name}`, each])),
      prompts: new Map(prompts.map(({ name, ...prompt }) => [name, prompt])),
    };
  },
};

import type { Snapshots } from '#libs/event-store';
import { DocumentKind } from '#libs/contracts';
import { z } from 'zod';
import type { PolicySetState } from './policy-set.decider.js';

const Written = z.strictObject({
  revision: z.int(),
  documents: z.array(z.strictObject({ kind: DocumentKind, name: z.string(), digest: z.string() })),
});

/** A tenant with thousands of revisions is changed at the cost of its last few. */
export const policySetSnapshots: Snapshots<PolicySetState> = {
  name: 'policy-set-1',
  everyEvents: 50,
  write: ({ revision, documents }) => ({ revision, documents: [...documents.values()] }),
  read: (written) => {
    const { revision, documents } = Written.parse(written);
    return { revision, documents: new Map(documents.map((each) => [`${each.kind}/${each.name}`, each])) };
  },
};

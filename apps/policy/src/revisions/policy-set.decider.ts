import { RevisionPublished, SetDigest, type DocumentChange, type PolicyEvent, type Sealed } from '#libs/contracts';
import { DomainError, type Decider } from '#libs/decider';
import { promptAfter, promptVersionsAfter, type PromptState } from '../prompts/kept-versions.js';

/** Most documents that one tenant has in force. */
export const DOCUMENTS_MAX = 20_000;

export type PublishRevision = {
  type: 'PublishRevision';
  tenantId: string;
  author: string;
  reason: Sealed | null;
  rollbackOf: number | null;
  /** What is wanted; what is in force already makes no change. */
  changes: readonly DocumentChange[];
  at: string;
  /** SHA-256 of a text, in hex. */
  sha256: (text: string) => string;
};

type InForce = { readonly kind: DocumentChange['kind']; readonly name: string; readonly digest: string };
export type PolicySetState = {
  readonly revision: number;
  readonly documents: ReadonlyMap<string, InForce>;
  /** By name, those that are deleted too: their versions are not numbered anew. */
  readonly prompts: ReadonlyMap<string, PromptState>;
};

type RevisionEvent = Extract<PolicyEvent, { type: 'policy.revision.published' }>;

/** One tenant's policy: revision n is the n-th event. A bundle that changes nothing makes none. */
export const policySetDecider: Decider<PolicySetState, PublishRevision, RevisionEvent> = {
  initialState: () => ({ revision: 0, documents: new Map(), prompts: new Map() }),

  evolve: ({ documents, prompts }, { data: { revision, changes } }) => {
    return { revision, documents: after(documents, changes), prompts: promptsAfter(prompts, changes, revision) };
  },

  decide: (command, { revision, documents, prompts }) => {
    const changes = command.changes
      .filter((change) => differs(documents, change))
      .map((change) => numbered(change, prompts, revision + 1));
    if (changes.length === 0) return [];
    const set = after(documents, changes);
    if (set.size > DOCUMENTS_MAX) {
      throw new DomainError('policy/too-large', `A tenant has ${DOCUMENTS_MAX} documents in force at most.`);
    }
    const { tenantId, author, reason, rollbackOf, at } = command;
    const setDigest = SetDigest.of(set.values(), command.sha256).value;
    const documentCount = set.size;
    const event = {
      tenantId,
      revision: revision + 1,
      author,
      reason,
      rollbackOf,
      changes,
      documentCount,
      setDigest,
      at,
    };
    return [RevisionPublished.of(event)];
  },
};

const idOf = ({ kind, name }: { kind: string; name: string }) => `${kind}/${name}`;

function differs(documents: PolicySetState['documents'], change: DocumentChange): boolean {
  return documents.get(idOf(change))?.digest !== (change.digest ?? undefined);
}

function numbered(change: DocumentChange, prompts: PolicySetState['prompts'], revision: number): DocumentChange {
  if (change.kind !== 'Prompt') return change;
  const prompt = promptVersionsAfter(prompts.get(change.name), change, revision);
  return prompt ? { ...change, prompt } : change;
}

function promptsAfter(
  prompts: PolicySetState['prompts'],
  changes: readonly DocumentChange[],
  revision: number,
): PolicySetState['prompts'] {
  const changed = changes.filter(({ kind }) => kind === 'Prompt');
  if (changed.length === 0) return prompts;
  const all = new Map(prompts);
  for (const change of changed) all.set(change.name, promptAfter(prompts.get(change.name), change, revision));
  return all;
}

function after(documents: PolicySetState['documents'], changes: readonly DocumentChange[]): Map<string, InForce> {
  const set = new Map(documents);
  for (const { kind, name, digest } of changes) {
    if (digest === null) set.delete(`${kind}/${name}`);
    else set.set(`${kind}/${name}`, { kind, name, digest });
  }
  return set;
}

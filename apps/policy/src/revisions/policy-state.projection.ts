import {
  documentKey,
  headKey,
  RevisionPublished,
  topics,
  type DocumentRecord,
  type HeadRecord,
  type PolicyEvent,
} from '#libs/contracts';
import type { StateProjection } from '#libs/decider';

type RevisionEvent = Extract<PolicyEvent, { type: 'policy.revision.published' }>;

/** The documents of a revision under their own numbers, and last the head that puts all of them in force at once. */
export const policyState: StateProjection<RevisionEvent, DocumentRecord | HeadRecord> = {
  topic: topics.policyState.name,
  types: [RevisionPublished.type],
  keys: ({ data }) => [
    ...data.changes.map(({ kind, name }) => documentKey(data.tenantId, kind, name, data.revision)),
    headKey(data.tenantId),
  ],
  project: (key, _held, { data }) => {
    const { tenantId, revision, documentCount, setDigest, at } = data;
    if (key === headKey(tenantId)) return { tenantId, revision, former: revision - 1, documentCount, setDigest, at };
    const change = data.changes.find(({ kind, name }) => documentKey(tenantId, kind, name, revision) === key);
    if (!change) return undefined;
    const { document, digest, prompt } = change;
    if (document === null || digest === null) return { deleted: true };
    return { document, digest, ...(prompt && { prompt }) };
  },
};

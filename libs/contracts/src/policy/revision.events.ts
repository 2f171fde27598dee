import { defineEvent } from '#libs/decider';
import { z } from 'zod';
import { Sealed } from '../sealed.js';
import { DocumentKind } from './document.record.js';
import { PromptVersions } from './prompt-versions.js';

/** One document that a revision sets or deletes. `document` is in canonical form, with free text taken out and sealed. */
export const DocumentChange = z.object({
  kind: DocumentKind,
  name: z.string(),
  document: z.record(z.string(), z.unknown()).nullable(),
  /** SHA-256 of the canonical JSON, hex; null for a deletion. */
  digest: z.string().nullable(),
  freeText: Sealed.nullable(),
  /** Of a Prompt that is set; absent in events from before calls could pin versions. */
  prompt: PromptVersions.optional(),
});
export type DocumentChange = z.output<typeof DocumentChange>;

/** Stream `policy.tenant-<tenantId>`; revision n is the n-th event of its stream. */
export const RevisionPublished = defineEvent(
  'policy.revision.published',
  z.object({
    tenantId: z.string(),
    revision: z.int().min(1),
    author: z.string(),
    reason: Sealed.nullable(),
    /** The revision whose set this one restores, or null. */
    rollbackOf: z.int().nullable(),
    changes: z.array(DocumentChange).min(1),
    /** Of the whole set in force after it. */
    documentCount: z.int().min(0),
    setDigest: z.string(),
    at: z.iso.datetime(),
  }),
  // v1 → v2: changes of Prompts say which versions they make and keep; of those before nobody kept any.
  [(v1: object) => v1],
);

/** An upstream credential was written. Stream `policy.provider-credential-<tenantId>/<account>`. No secret in it. */
export const ProviderCredentialSet = defineEvent(
  'policy.provider-credential.set',
  z.object({
    tenantId: z.string(),
    account: z.string(),
    version: z.int().min(1),
    /** Scheme, host and port that the credential may be sent to. */
    origin: z.string(),
    at: z.iso.datetime(),
  }),
);

export const policyEvents = [RevisionPublished, ProviderCredentialSet] as const;
export type PolicyEvent = ReturnType<(typeof policyEvents)[number]['of']>;

import { z } from 'zod';
import { PromptVersions } from './prompt-versions.js';

/** Every kind of policy document. */
export const DocumentKind = z.enum([
  'ProviderAccount',
  'Model',
  'Role',
  'RoleBinding',
  'Boundary',
  'Limits',
  'Route',
  'KeyPolicy',
  'Prompt',
  'McpServer',
  'TenantSettings',
]);
export type DocumentKind = z.output<typeof DocumentKind>;

/**
 * `<tenant>/<kind>/<name>@<revision>` on `policy.state.v1`. The records of the versions that a Prompt's record keeps belong to
 * the set that it is part of: they are there for as long as it is in force.
 */
export const DocumentRecord = z.union([
  z.strictObject({
    document: z.record(z.string(), z.unknown()),
    digest: z.string(),
    /** Of a Prompt; absent in records from before calls could pin versions. */
    prompt: PromptVersions.optional(),
  }),
  z.strictObject({ deleted: z.literal(true) }),
]);
export type DocumentRecord = z.output<typeof DocumentRecord>;

/** `<tenant>/head` on `policy.state.v1`: makes a revision current, once the set of that number verifies. */
export const HeadRecord = z.object({
  tenantId: z.string(),
  revision: z.int().min(1),
  /** 0 for the first. */
  former: z.int().min(0),
  documentCount: z.int().min(0),
  /** See `SetDigest`. */
  setDigest: z.string(),
  at: z.iso.datetime(),
});
export type HeadRecord = z.output<typeof HeadRecord>;

/**
 * `<tenant>/<account>@<version>` on `policy.secrets.v1`. `dataKey` is the tenant's data key under the master key, `box`
 * the credential under the data key; both AES-256-GCM (12-byte nonce, ciphertext, tag), base64url, with tenant, account,
 * version and origin as associated data of the box and the tenant as that of the data key.
 */
export const SecretRecord = z.object({
  tenantId: z.string(),
  account: z.string(),
  version: z.int().min(1),
  origin: z.string(),
  dataKey: z.string(),
  box: z.string(),
});
export type SecretRecord = z.output<typeof SecretRecord>;

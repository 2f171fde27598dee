import { z } from 'zod';
import { Labels } from '../names.js';

/**
 * `principal/<id>` on `identity.state.v1`. The topic is compacted and erasable, so it may carry the e-mail address that
 * policy resolves `user:<e-mail>` with; nothing else on the bus does.
 */
export const PrincipalRecord = z.object({
  id: z.string(),
  kind: z.enum(['user', 'virtual-account']),
  tenantId: z.string(),
  status: z.enum(['active', 'suspended', 'deleted']),
  /** Credentials of another epoch are dead. */
  epoch: z.int(),
  /** A virtual account's name; null for users. */
  name: z.string().nullable(),
  /** A user's address in lower case; null for virtual accounts and for users who are deleted. */
  email: z.string().nullable(),
  /** The person has been erased: whoever keeps something of theirs under a key of theirs deletes that key. */
  erased: z.literal(true).optional(),
  /** Names of the teams it is a member of, sorted. Owning a virtual account does not make it a member. */
  teams: z.array(z.string()),
  groups: z.array(z.string()),
  labels: Labels,
  /** The owning team of a virtual account. */
  ownerTeam: z.string().nullable(),
  operator: z.boolean(),
});
export type PrincipalRecord = z.output<typeof PrincipalRecord>;

/** `tenant/<id>` on `identity.state.v1`: suspending it ends every credential of the tenant by one record. */
export const TenantRecord = z.object({
  id: z.string(),
  status: z.enum(['active', 'suspended', 'deleted']),
  /** Of all of its calls; left out where it never had any. */
  labels: Labels.optional(),
});
export type TenantRecord = z.output<typeof TenantRecord>;

/**
 * `team/<tenant>/<name>` on `identity.state.v1`: suspending or deleting it ends every credential of the virtual accounts that
 * it owns by one record. A team that was never stopped has none.
 */
export const TeamRecord = z.object({
  /** `<tenant>/<name>`: accounts name their owner by its name. */
  id: z.string(),
  status: z.enum(['active', 'suspended', 'deleted']),
});
export type TeamRecord = z.output<typeof TeamRecord>;

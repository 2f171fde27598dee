import { KeyKind, KeyRestrictions, Labels } from '#libs/contracts';
import { compileRestrictions } from '#libs/decision-engine';
import { AllowStatement, operations, readNetwork } from '#libs/policy-language';
import { z } from 'zod';
import { OVERLAP_SECONDS_MAX } from '../rotations/rotation-body.js';

/** Ten years: longer is not an expiry. */
const EXPIRY_SECONDS_MAX = 315_360_000;

/** Its actions, patterns and conditions mean something: whoever reads it later must not find that it permits nothing. */
const Statement = AllowStatement.refine(
  (statement) => compileRestrictions({ statements: [statement] })?.unreadable === false,
  'actions, resources and conditions as in a policy statement, e.g. {actions: [model:invoke], resources: ["model:local/*"]}',
);

/** What cannot be read permits nothing, so it is refused here and not found out by a key that never works. */
const Restrictions = KeyRestrictions.extend({
  operations: z.array(z.enum(operations)).min(1).max(100).optional(),
  cidrs: z
    .array(z.string().refine((text) => readNetwork(text) !== undefined, 'an address or a range, e.g. 10.0.0.0/8'))
    .min(1)
    .max(100)
    .optional(),
  statements: z.array(Statement).min(1).max(50).optional(),
});

const expiry = z.int().min(1).max(EXPIRY_SECONDS_MAX).optional();

export const IssueBody = z.strictObject({
  name: z.string().min(1).max(64),
  /** `user:<e-mail or id>` or `virtual-account:<name or id>`. */
  owner: z.string().min(1).max(300),
  /** Follows from the owner; `svc` makes a virtual account's key one for admin APIs only. */
  kind: KeyKind.optional(),
  not_before: z.iso.datetime().optional(),
  expires_in_seconds: expiry,
  restrictions: Restrictions.default({}),
  labels: Labels.default({}),
  tenant: z.string().min(1).max(63).optional(),
});
export type IssueBody = z.output<typeof IssueBody>;

export const RotateBody = z
  .strictObject({
    /** How long the former secret goes on; 0 ends it at once. */
    overlap_seconds: z.int().min(0).max(OVERLAP_SECONDS_MAX).default(0),
    /** Counted from now; the key's former length of life unless given. */
    expires_in_seconds: expiry,
  })
  .prefault({});
export type RotateBody = z.output<typeof RotateBody>;

export const SuspendBody = z
  .strictObject({ reason: z.string().min(1).max(200).optional(), leaked: z.boolean().default(false) })
  .prefault({});
export type SuspendBody = z.output<typeof SuspendBody>;

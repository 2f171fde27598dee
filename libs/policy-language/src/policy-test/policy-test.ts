import { z } from 'zod';
import { CallMetadata } from '../documents/call-metadata.js';
import { listOf, Texts } from '../documents/lists.js';
import { DocumentName, Pairs, TenantName } from '../documents/names.js';
import { API_VERSION } from '../kinds/kind.js';
import { credentialKinds, operations } from '../vocabulary/closed-lists.js';

/** What tests call a principal or a request. */
const LocalName = z
  .string()
  .regex(/^[A-Za-z0-9_.-]{1,63}$/, 'Letters, digits, dots, dashes and underscores; 63 at most.');
const NamesMax = 200;
const Names = z.array(z.string().min(1).max(200)).max(NamesMax);

/** Somebody made up, or somebody there is: whom bindings name decides what they hold. */
export const TestPrincipal = z.strictObject({
  /** `user:<id or e-mail>` or `virtual-account:<id or name>`. */
  id: z.string().min(1).max(300),
  teams: Names.optional(),
  groups: Names.optional(),
  labels: Pairs.optional(),
});
export type TestPrincipal = z.output<typeof TestPrincipal>;

export const TestRequest = z.strictObject({
  action: z.string().min(1).max(200),
  /** `<type>:<path>`; no pattern. */
  resource: z.string().min(1).max(300),
  /** Left out: `admin` for administrative actions, else `chat`. */
  operation: z.enum(operations).optional(),
  ip: z.union([z.ipv4(), z.ipv6()]).optional(),
  time: z.iso.datetime({ offset: true }).optional(),
  /** What the caller says of the call; labels win over it, as at the gateway. */
  metadata: CallMetadata.optional(),
  /** Whose the resource is; of models the catalogue says. */
  owner: z.string().min(1).max(300).optional(),
  team: z.string().min(1).max(200).optional(),
  credential: z
    .strictObject({
      kind: z.enum(credentialKinds).optional(),
      labels: Pairs.optional(),
      ageDays: z.number().min(0).max(36_500).optional(),
    })
    .optional(),
});
export type TestRequest = z.output<typeof TestRequest>;

export const Expectation = z.strictObject({
  principal: z.string(),
  request: z.string(),
  decision: z.enum(['allow', 'deny']),
  /** Exactly the statements that decide; for a refusal by boundaries, their names. */
  by: Texts.optional(),
});
export type Expectation = z.output<typeof Expectation>;

const TestCase = z.strictObject({
  name: z.string().min(1).max(200),
  input: z.strictObject({ principals: listOf(z.string()), requests: listOf(z.string()) }),
  /** Whatever is not listed must be denied. */
  expected: z.array(Expectation).max(10_000),
});

const Never = z.strictObject({ subjects: Texts, actions: Texts, resources: Texts.optional() });
export type Never = z.output<typeof Never>;
const Invariant = z.union([
  z.strictObject({ never: Never }),
  /** Nobody may do more than the set in force lets them. */
  z.strictObject({ noNewAccessSince: z.literal('current') }),
]);
export type Invariant = z.output<typeof Invariant>;

/** Tests of a policy: run with the bundle that carries them, and never stored. */
export const PolicyTest = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('PolicyTest'),
  metadata: z.strictObject({ name: DocumentName, tenant: TenantName, labels: Pairs.optional() }),
  options: z
    .strictObject({
      /** The time of every request that names none. */
      now: z.iso.datetime({ offset: true }).optional(),
      /** The labels that an operator gave the tenant. */
      tenantLabels: Pairs.optional(),
      /** How many per cent of the bundle's statements must have decided something in some test of the bundle. */
      coverage: z.strictObject({ statementsPercent: z.number().min(0).max(100) }).optional(),
    })
    .optional(),
  principals: z.record(LocalName, TestPrincipal).optional(),
  requests: z.record(LocalName, TestRequest).optional(),
  tests: listOf(TestCase).optional(),
  invariants: listOf(Invariant, 100).optional(),
});
export type PolicyTest = z.output<typeof PolicyTest>;

/** What the `kind` of such a document is. */
export const POLICY_TEST = 'PolicyTest';

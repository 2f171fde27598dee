import { z } from 'zod';

const Instant = z.iso.datetime();
const Found = z.strictObject({
  /** The same for the same thing found again: 32 hex digits. */
  findingId: z.string().regex(/^[0-9a-f]{32}$/),
  tenantId: z.string(),
  at: Instant,
});
/** A key that nobody has used for longer than its policy, or the default, likes. */
const UnusedKey = Found.extend({
  keyId: z.string(),
  ownerId: z.string(),
  /** What the time is counted from: the last use that audit knows of, else the issue or the last rotation. */
  unusedSince: Instant,
  /** To the minute; null for never. A use after it makes the finding void, however late it is heard of. */
  lastUsedAt: Instant.nullable(),
  /** The rule of a KeyPolicy that sets the bound; '' for the default. */
  rule: z.string(),
});

/** What audit has found and others may react to; on `audit.findings.v1`, key: the tenant's id. Sealed as state records are. */
export const Finding = z.discriminatedUnion('kind', [
  /** Its owner should look at it. */
  UnusedKey.extend({ kind: z.literal('key-stale') }),
  /** Its policy wants it revoked. */
  UnusedKey.extend({ kind: z.literal('key-unused') }),
  /** A key that should rotate by itself, and whose sink takes nothing. Its present text goes on. */
  Found.extend({
    kind: z.literal('rotation-failing'),
    keyId: z.string(),
    ownerId: z.string(),
    sink: z.string(),
    since: Instant,
  }),
  /** A key that its policy wanted rotated before now. */
  Found.extend({
    kind: z.literal('rotation-overdue'),
    keyId: z.string(),
    ownerId: z.string(),
    dueAt: Instant,
    rule: z.string(),
  }),
  /** A model without `env`, which nobody can call. */
  Found.extend({ kind: z.literal('model-untagged'), model: z.string() }),
  /** A Route, Prompt or McpServer without `env`, which no rule about environments reaches; `document` is `<kind>/<name>`. */
  Found.extend({ kind: z.literal('document-untagged'), document: z.string() }),
  /** A model that every user of the tenant can call, whatever their teams and labels; `rule` is the statement. */
  Found.extend({ kind: z.literal('model-open'), model: z.string(), rule: z.string() }),
  /** A rule of a Limits document whose window is used up to a part that it wants to be told of. Holds until the window ends. */
  Found.extend({
    kind: z.literal('limit-reached'),
    /** `Limits/<document>/<rule>`. */
    rule: z.string(),
    /** Whose counter it is, by what the rule tells apart. */
    per: z.record(z.string(), z.string()),
    percent: z.int().min(1),
    /** Decimal text, as of the finding. */
    used: z.string(),
    limit: z.string(),
    windowStart: Instant,
    windowEnd: Instant,
  }),
  /** A statement that somebody has held for so long and by which nothing was allowed since at least `unusedSince`. */
  Found.extend({
    kind: z.literal('grant-unused'),
    ownerId: z.string(),
    /** `<role>/<statement>` */
    rule: z.string(),
    unusedSince: Instant,
  }),
  /** A virtual account that no team owns. */
  Found.extend({ kind: z.literal('account-ownerless'), virtualAccountId: z.string() }),
]);
export type Finding = z.output<typeof Finding>;

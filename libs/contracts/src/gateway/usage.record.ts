import { z } from 'zod';

const Amount = z.int().min(0);

/**
 * What one boot of one gateway claims of one run of a limit's window, as a whole and not as a change; on
 * `gateway.usage.v1`, in the partition that the window's name says. Amounts are whole numbers of requests or tokens; money
 * is in billionths. A tombstone takes the claim back.
 */
export const UsageRecord = z.object({
  tenantId: z.string(),
  /** The tenant of the rule's document: it, or `platform`. */
  holder: z.string(),
  /** `Limits/<document>/<rule>`. */
  rule: z.string(),
  unit: z.string(),
  /** Whose counter it is: values of the rule's `per`, and the currency of money. */
  per: z.record(z.string(), z.string()),
  /** The run, ms since 1970: from `startMs` up to and without `endMs`. */
  startMs: Amount,
  endMs: Amount,
  /** What calls really used, what may be spent, what is asked for on top, and the number of that ask. */
  settled: Amount,
  accepted: Amount,
  asking: Amount,
  ask: Amount,
});
export type UsageRecord = z.output<typeof UsageRecord>;

/** The claim in the value of a record; undefined for what is none. */
export function readUsageRecord(text: string): UsageRecord | undefined {
  try {
    return UsageRecord.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Who writes: `<replica>/<boot>`. `window` names one run of one counter and holds no slash. */
export const usageKey = (window: string, writer: string) => `${window}/${writer}`;

/** Undefined for what is no key of a claim. */
export function parseUsageKey(key: string): { readonly window: string; readonly writer: string } | undefined {
  const slash = key.indexOf('/');
  return slash > 0 && slash < key.length - 1
    ? { window: key.slice(0, slash), writer: key.slice(slash + 1) }
    : undefined;
}

import type { CatalogueModel } from '#libs/decision-engine';

type Priced = Pick<CatalogueModel, 'cost'>;
const parts = [
  'inputPerMillion',
  'outputPerMillion',
  'cachedInputPerMillion',
  'cacheWritePerMillion',
  'perRequest',
  'perImage',
  'perMinute',
] as const;

/**
 * Whether a model could cost more than another in any way. One without a price costs nothing, as in the books; what is in
 * another currency, or beside a model that is not known, counts as dearer.
 */
export function isDearer({ cost }: Priced, than: Priced | undefined): boolean {
  if (!than) return true;
  if (!cost) return false;
  if (than.cost && cost.currency !== than.cost.currency) return true;
  const limits = than.cost ?? {};
  // Input that is read from or written to a cache costs what input costs, where it has no price of its own.
  const price = (of: Partial<NonNullable<Priced['cost']>>, part: (typeof parts)[number]) =>
    of[part] ?? (part.startsWith('cache') ? of.inputPerMillion : undefined) ?? '0';
  return parts.some((part) => compareDecimals(price(cost, part), price(limits, part)) > 0);
}

/** Decimals as documents write them: at most eight digits after the point. */
function compareDecimals(one: string, other: string): number {
  const [a, b] = [units(one), units(other)];
  return a === b ? 0 : a > b ? 1 : -1;
}

function units(decimal: string): bigint {
  const [whole = '0', fraction = ''] = decimal.split('.');
  return BigInt(whole + fraction.padEnd(8, '0'));
}

import type { TokenUsage } from '../providers/provider.js';

/** Prices as policy documents have them: decimal text, per million tokens. */
export type Prices = {
  readonly inputPerMillion?: string | undefined;
  readonly outputPerMillion?: string | undefined;
  readonly cachedInputPerMillion?: string | undefined;
  readonly perRequest?: string | undefined;
};

/** Digits after the point that are reckoned with: eight of a price and six for "per million". */
const scale = 14;
const digitsKept = 12;

/**
 * What a call costs, exactly, as decimal text with at most 12 digits after the point; rounded up beyond them, so that
 * no number of calls is free. Without prices, 0.
 */
export function costOf(usage: TokenUsage, prices: Prices | undefined): string {
  if (!prices) return '0';
  const input = perToken(prices.inputPerMillion);
  const cached = prices.cachedInputPerMillion === undefined ? input : perToken(prices.cachedInputPerMillion);
  const units =
    BigInt(usage.inputTokens - usage.cachedInputTokens) * input +
    BigInt(usage.cachedInputTokens) * cached +
    BigInt(usage.outputTokens) * perToken(prices.outputPerMillion) +
    perToken(prices.perRequest) * 1_000_000n;
  return textOf(units);
}

/** Prices that were read already; there are as many as documents name. */
const pricesRead = new Map<string, bigint>();
const pricesReadMax = 4_096;

/** A price per million in units of 10^-14 per token. */
function perToken(price = '0'): bigint {
  const known = pricesRead.get(price);
  if (known !== undefined) return known;
  const [whole = '0', fraction = ''] = price.split('.');
  const units = BigInt(whole + fraction.padEnd(scale - 6, '0'));
  if (pricesRead.size >= pricesReadMax) pricesRead.clear();
  pricesRead.set(price, units);
  return units;
}

const dropped = 10n ** BigInt(scale - digitsKept);

function textOf(units: bigint): string {
  const kept = (units + dropped - 1n) / dropped;
  const digits = kept.toString().padStart(digitsKept + 1, '0');
  const fraction = digits.slice(-digitsKept).replace(/0+$/u, '');
  const whole = digits.slice(0, -digitsKept);
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

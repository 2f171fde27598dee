import type { TokenUsage } from '../providers/provider.js';
import { noPieces, type Pieces } from './pieces.js';

/** Prices as policy documents have them: decimal text, per million tokens unless the name says otherwise. */
export type Prices = {
  readonly inputPerMillion?: string | undefined;
  readonly outputPerMillion?: string | undefined;
  readonly cachedInputPerMillion?: string | undefined;
  readonly cacheWritePerMillion?: string | undefined;
  readonly perRequest?: string | undefined;
  readonly perImage?: string | undefined;
  readonly perMinute?: string | undefined;
};

/** Digits after the point that are reckoned with: eight of a price and six for "per million". */
const scale = 14;
const digitsKept = 12;

/**
 * What a call costs, exactly, as decimal text with at most 12 digits after the point; rounded up beyond them, so that
 * no number of calls is free. Without prices, 0.
 */
export function costOf(usage: TokenUsage, prices: Prices | undefined, pieces: Pieces = noPieces): string {
  return prices ? textOf(unitsOf(usage, prices, pieces)) : '0';
}

/** The same in billionths of the currency, as limits count it, rounded up, and no more than a number can hold exactly. */
export function billionthsOfCost(usage: TokenUsage, prices: Prices | undefined, pieces: Pieces): number {
  if (!prices) return 0;
  const billionths = (unitsOf(usage, prices, pieces) + unitsPerBillionth - 1n) / unitsPerBillionth;
  return Number(billionths < billionthsMax ? billionths : billionthsMax);
}

const billionthsMax = BigInt(Number.MAX_SAFE_INTEGER);
const unitsPerBillionth = 10n ** BigInt(scale - 9);

/** In units of 10^-14 of the currency. */
function unitsOf(usage: TokenUsage, prices: Prices, pieces: Pieces): bigint {
  const input = perToken(prices.inputPerMillion);
  const ofCache = (price: string | undefined) => (price === undefined ? input : perToken(price));
  const { inputTokens, cachedInputTokens, cacheWriteTokens } = usage;
  return (
    BigInt(inputTokens - cachedInputTokens - cacheWriteTokens) * input +
    BigInt(cachedInputTokens) * ofCache(prices.cachedInputPerMillion) +
    BigInt(cacheWriteTokens) * ofCache(prices.cacheWritePerMillion) +
    BigInt(usage.outputTokens) * perToken(prices.outputPerMillion) +
    perToken(prices.perRequest) * 1_000_000n +
    perToken(prices.perImage) * 1_000_000n * BigInt(pieces.images) +
    ofMinutes(perToken(prices.perMinute) * 1_000_000n, pieces.durationMs)
  );
}

/** Rounded up: no number of short calls is free. */
function ofMinutes(unitsPerMinute: bigint, ms: number): bigint {
  return (unitsPerMinute * BigInt(ms) + 59_999n) / 60_000n;
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

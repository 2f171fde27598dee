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
  const billionths = roundedUp(unitsOf(usage, prices, pieces), unitsPerBillionth);
  return Math.min(Number(billionths), Number.MAX_SAFE_INTEGER);
}

const unitsPerBillionth = 10 ** (scale - 9);

/** In units of 10^-14 of the currency: as a number where that holds them exactly, which is almost always. */
function unitsOf(usage: TokenUsage, prices: Prices, { images, durationMs }: Pieces): number | bigint {
  const { near, exact } = unitsOfPrices(prices);
  const { inputTokens, cachedInputTokens: cached, cacheWriteTokens: written, outputTokens } = usage;
  const plain = inputTokens - cached - written;
  const sum =
    plain * near.input +
    cached * near.cachedInput +
    written * near.cacheWrite +
    outputTokens * near.output +
    near.request +
    images * near.image;
  // None of its parts is less than 0, so none was rounded where the sum is so small.
  if (plain >= 0 && sum <= Number.MAX_SAFE_INTEGER && durationMs === 0) return sum;
  return (
    BigInt(plain) * exact.input +
    BigInt(cached) * exact.cachedInput +
    BigInt(written) * exact.cacheWrite +
    BigInt(outputTokens) * exact.output +
    exact.request +
    BigInt(images) * exact.image +
    ofMinutes(exact.minute, durationMs)
  );
}

/** Rounded up: no number of short calls is free. */
function ofMinutes(unitsPerMinute: bigint, ms: number): bigint {
  return (unitsPerMinute * BigInt(ms) + 59_999n) / 60_000n;
}

type Priced = 'input' | 'cachedInput' | 'cacheWrite' | 'output' | 'request' | 'image' | 'minute';
type UnitPrices<Amount> = Readonly<Record<Priced, Amount>>;
/** `near` is rounded only where a single token costs more than a number holds. */
type ReadPrices = { readonly exact: UnitPrices<bigint>; readonly near: UnitPrices<number> };

/** Prices of a document do not change, and are as many as documents. */
const read = new WeakMap<Prices, ReadPrices>();

function unitsOfPrices(prices: Prices): ReadPrices {
  const known = read.get(prices);
  if (known) return known;
  const { inputPerMillion, cachedInputPerMillion = inputPerMillion, cacheWritePerMillion = inputPerMillion } = prices;
  const exact = {
    input: perToken(inputPerMillion),
    cachedInput: perToken(cachedInputPerMillion),
    cacheWrite: perToken(cacheWritePerMillion),
    output: perToken(prices.outputPerMillion),
    request: perToken(prices.perRequest) * 1_000_000n,
    image: perToken(prices.perImage) * 1_000_000n,
    minute: perToken(prices.perMinute) * 1_000_000n,
  };
  const made = { exact, near: nearTo(exact) };
  read.set(prices, made);
  return made;
}

/** Written out: an object that is put together from pairs is a slow one. */
function nearTo(exact: UnitPrices<bigint>): UnitPrices<number> {
  return {
    input: Number(exact.input),
    cachedInput: Number(exact.cachedInput),
    cacheWrite: Number(exact.cacheWrite),
    output: Number(exact.output),
    request: Number(exact.request),
    image: Number(exact.image),
    minute: Number(exact.minute),
  };
}

/** A price per million in units of 10^-14 per token. */
function perToken(price = '0'): bigint {
  const [whole = '0', fraction = ''] = price.split('.');
  return BigInt(whole + fraction.padEnd(scale - 6, '0'));
}

const unitsPerDigitKept = 10 ** (scale - digitsKept);

function textOf(units: number | bigint): string {
  const digits = roundedUp(units, unitsPerDigitKept)
    .toString()
    .padStart(digitsKept + 1, '0');
  const fraction = digits.slice(-digitsKept).replace(/0+$/u, '');
  const whole = digits.slice(0, -digitsKept);
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

/** How many of `size` hold all of the units. */
function roundedUp(units: number | bigint, size: number): number | bigint {
  if (typeof units === 'bigint') return (units + BigInt(size - 1)) / BigInt(size);
  const over = units % size;
  return (units - over) / size + (over > 0 ? 1 : 0);
}

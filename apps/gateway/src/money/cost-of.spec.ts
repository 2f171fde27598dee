import { billionthsOf } from '#libs/limits';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { billionthsOfCost, costOf, type Prices } from './cost-of.js';

const used = (inputTokens: number, outputTokens: number, cachedInputTokens = 0, cacheWriteTokens = 0) => ({
  inputTokens,
  outputTokens,
  cachedInputTokens,
  cacheWriteTokens,
  reasoningTokens: 0,
});
const prices = { inputPerMillion: '2.50', outputPerMillion: '10.00', cachedInputPerMillion: '1.25' };

it.each([
  [used(1_000_000, 0), '2.5'],
  [used(0, 1_000_000), '10'],
  [used(1_000_000, 0, 1_000_000), '1.25'],
  [used(3, 7), '0.0000775'],
  [used(0, 0), '0'],
  [used(100_000_000, 100_000_000), '1250'],
])('%o costs %s, exactly', (usage, cost) => expect(costOf(usage, prices)).toBe(cost));

it('takes cached input for input where it has no price of its own', () => {
  expect(costOf(used(1_000_000, 0, 1_000_000), { inputPerMillion: '3' })).toBe('3');
});

it('charges what a cache was written for, read for, and all other input, each at its own price', () => {
  const claude = { ...prices, cachedInputPerMillion: '0.3', cacheWritePerMillion: '3.75', inputPerMillion: '3' };
  expect(costOf(used(1_000_000, 0, 0, 1_000_000), claude)).toBe('3.75');
  expect(costOf(used(13, 0, 4, 7), claude)).toBe('0.00003345');
  expect(costOf(used(1, 0, 0, 1), { ...claude, cacheWritePerMillion: '0.00000001' })).toBe('0.000000000001');
});

it('takes what a cache was written for for input where it has no price of its own, and explicit zero for zero', () => {
  expect(costOf(used(1_000_000, 0, 0, 1_000_000), { inputPerMillion: '3' })).toBe('3');
  expect(costOf(used(1_000_000, 0, 0, 1_000_000), { inputPerMillion: '3', cacheWritePerMillion: '0' })).toBe('0');
});

it('adds what each request costs', () => expect(costOf(used(0, 0), { perRequest: '0.01' })).toBe('0.01'));

it.each([
  [{ images: 3, durationMs: 0 }, '0.12'],
  [{ images: 0, durationMs: 90_000 }, '0.009'],
  [{ images: 0, durationMs: 1 }, '0.0000001'],
  [{ images: 0, durationMs: 0 }, '0'],
])('%o costs %s, exactly', (pieces, cost) => {
  expect(costOf(used(0, 0), { perImage: '0.04', perMinute: '0.006' }, pieces)).toBe(cost);
});

it('rounds a moment of which no decimal tells the price up', () => {
  expect(costOf(used(0, 0), { perMinute: '0.00000001' }, { images: 0, durationMs: 7 })).toBe('0.000000000002');
});

it('rounds what is below its last digit up', () => {
  expect(costOf(used(1, 0), { inputPerMillion: '0.00000001' })).toBe('0.000000000001');
});

it('is 0 without a price', () => expect(costOf(used(5, 5), undefined)).toBe('0'));

/** The sum without a short cut: in units of 10^-14, rounded up to billionths. */
function plainly(usage: ReturnType<typeof used>, prices: Prices, images: number): number {
  const units = (price = '0') => {
    const [whole = '0', fraction = ''] = price.split('.');
    return BigInt(whole + fraction.padEnd(8, '0'));
  };
  const { inputTokens, cachedInputTokens, cacheWriteTokens, outputTokens } = usage;
  const sum =
    BigInt(inputTokens - cachedInputTokens - cacheWriteTokens) * units(prices.inputPerMillion) +
    BigInt(cachedInputTokens) * units(prices.cachedInputPerMillion ?? prices.inputPerMillion) +
    BigInt(cacheWriteTokens) * units(prices.cacheWritePerMillion ?? prices.inputPerMillion) +
    BigInt(outputTokens) * units(prices.outputPerMillion) +
    1_000_000n * (units(prices.perRequest) + BigInt(images) * units(prices.perImage));
  const billionths = (sum + 99_999n) / 100_000n;
  return Number(billionths > Number.MAX_SAFE_INTEGER ? BigInt(Number.MAX_SAFE_INTEGER) : billionths);
}

it('is the same to limits, which count billionths, as on record', () => {
  const count = fc.oneof(fc.nat(20_000), fc.nat(2 ** 31));
  const price = fc.option(fc.constantFrom('0', '2.5', '0.00000001', '0.00000003', '99999999.99999999'), {
    nil: undefined,
  });
  const perMillion = ['inputPerMillion', 'outputPerMillion', 'cachedInputPerMillion', 'cacheWritePerMillion'];
  const names = [...perMillion, 'perRequest', 'perImage', 'perMinute'];
  const prices = fc.record(Object.fromEntries(names.map((name) => [name, price]))) as fc.Arbitrary<Prices>;
  const pieces = fc.record({ images: fc.nat(1_000), durationMs: count });
  fc.assert(
    fc.property(count, count, prices, pieces, (input, output, some, made) => {
      const usage = used(input, output, Math.floor(input / 3), Math.floor(input / 4));
      expect(billionthsOfCost(usage, some, made)).toBe(billionthsOf(costOf(usage, some, made)));
      const { images } = made;
      expect(billionthsOfCost(usage, some, { images, durationMs: 0 })).toBe(plainly(usage, some, images));
    }),
    { numRuns: 500 },
  );
  expect(billionthsOfCost(used(5, 5), undefined, { images: 1, durationMs: 1 })).toBe(0);
});

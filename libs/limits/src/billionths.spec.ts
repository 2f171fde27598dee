import { assert, nat, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { billionthsOf, moneyText } from './billionths.js';

describe('money in billionths', () => {
  it.each([
    ['0', 0],
    ['0.000000000', 0],
    ['500.00', 500_000_000_000],
    ['0.00000005', 50],
    ['1.000000000001', 1_000_000_001],
    ['0.000000000001', 1],
    ['9007199.254740991', Number.MAX_SAFE_INTEGER],
    ['99999999999999999999.5', Number.MAX_SAFE_INTEGER],
  ])('reads %s as %d, and rounds up what is finer', (text, units) => expect(billionthsOf(text)).toBe(units));

  it('is written as it was read', () =>
    assert(
      property(nat(Number.MAX_SAFE_INTEGER), (units) => {
        expect(billionthsOf(moneyText(units))).toBe(units);
      }),
    ));
});

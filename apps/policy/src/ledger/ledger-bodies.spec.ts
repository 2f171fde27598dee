import { describe, expect, it } from 'vitest';
import { EntryBody } from './ledger-bodies.js';

const common = { account: 'user:user_con', against: 'external:console', currency: 'USD', reason: 'used elsewhere' };
const usage = { ...common, type: 'external_usage', amount: '2.500', calls: 3, input_tokens: 100, output_tokens: 20 };
const correction = { ...common, type: 'correction', amount: '-0.00007' };

describe('what is posted to the ledger', () => {
  it.each([usage, correction, { ...usage, amount: '0', calls: undefined }, { ...correction, amount: '12' }])(
    'is taken: %o',
    (body) => expect(EntryBody.safeParse(body).success).toBe(true),
  );

  it('counts nothing that is not said', () => {
    const { calls: _, input_tokens: __, output_tokens: ___, ...bare } = usage;
    expect(EntryBody.parse(bare)).toMatchObject({ calls: 0, input_tokens: 0, output_tokens: 0 });
  });

  it.each([
    ['a negative amount', { ...usage, amount: '-1' }],
    ['NaN', { ...usage, amount: 'NaN' }],
    ['a power of ten', { ...usage, amount: '1e3' }],
    ['a number, which may have lost digits', { ...usage, amount: 1.5 }],
    ['more than is counted exactly', { ...usage, amount: '1234567890123' }],
    ['no amount', { ...usage, amount: undefined }],
    ['negative tokens', { ...usage, input_tokens: -1 }],
    ['half a call', { ...usage, calls: 0.5 }],
    ['an unknown field', { ...usage, tenant: 'globex' }],
    ['no reason', { ...usage, reason: '' }],
    ['tokens of a correction', { ...correction, input_tokens: 1 }],
    ['a debt to another caller', { ...usage, against: 'user:user_mona' }],
    ['no type', { ...usage, type: undefined }],
    ['infinity', { ...usage, amount: 'Infinity' }],
    ['more digits than are counted', { ...usage, amount: '0.0000000000001' }],
    ['more tokens than there are', { ...usage, output_tokens: 1e300 }],
    ['a minus alone', { ...correction, amount: '-' }],
    ['another sign', { ...correction, amount: '+1' }],
    ['digits of another script', { ...correction, amount: '١' }],
    ['white space in an account', { ...usage, account: 'user:a b' }],
    ['an account of everybody', { ...usage, account: 'everyone' }],
  ])('%s is refused', (_what, body) => {
    expect(EntryBody.safeParse(body).success).toBe(false);
  });
});

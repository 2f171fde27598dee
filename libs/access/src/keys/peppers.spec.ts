import { createHmac, randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { mintKeyText } from './key-text.js';
import { Peppers } from './peppers.js';

const [first, second] = [randomBytes(32).toString('base64'), randomBytes(48).toString('base64url')];
const { text } = mintKeyText('pat', 'p');

it('mints under the highest version and still knows the former ones', () => {
  const peppers = Peppers.parse(`1:${first}, 2:${second}`);
  expect(peppers.current).toBe(2);
  expect(peppers.mac(text)).toBe(peppers.mac(text, 2));
  expect(peppers.mac(text, 1)).toBe(Peppers.parse(`1:${first}`).mac(text));
  expect(peppers.mac(text, 3)).toBeUndefined();
});

it('never uses the secret itself as a key: what it MACs with is derived for this purpose', () => {
  const bare = createHmac('sha256', Buffer.from(first, 'base64')).update(text).digest('base64url');
  expect(Peppers.parse(`1:${first}`).mac(text)).not.toBe(bare);
});

it('matches the same text only, and nothing under a version that it does not have', () => {
  const peppers = Peppers.parse(`1:${first}`);
  const mac = Buffer.from(peppers.mac(text) ?? '', 'base64url');
  expect(peppers.matches(text, 1, mac)).toBe(true);
  expect(peppers.matches(mintKeyText('pat', 'p').text, 1, mac)).toBe(false);
  expect(peppers.matches(text, 2, mac)).toBe(false);
  expect(peppers.matches(text, 1, mac.subarray(1))).toBe(false);
});

it.each([
  ['nothing', ''],
  ['a short secret', `1:${randomBytes(31).toString('base64')}`],
  ['a secret of one letter', `1:${Buffer.alloc(32, 'a').toString('base64')}`],
  ['a sample', `1:${Buffer.from('changemechangemechangemechangeme').toString('base64')}`],
  ['no version', first],
  ['a version twice', `1:${first},1:${second}`],
  ['version zero', `0:${first}`],
])('refuses %s without quoting it', (_, value) => {
  expect(() => Peppers.parse(value)).toThrow(/^peppers?/);
  expect(() => Peppers.parse(value)).not.toThrow(value.slice(2) || 'a quotation');
});

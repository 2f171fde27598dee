import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { PasswordHash } from './password-hash.js';

const sealKey = randomBytes(32);
const hash = new PasswordHash(sealKey);
const word = 'correct horse battery';

describe('the hash of a password', () => {
  it('is argon2id with a salt of its own, and matches its password alone', async () => {
    const [first, second] = await Promise.all([hash.make(word), hash.make(word)]);
    expect(first).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(first).not.toBe(second);
    expect(await hash.matches(word, first)).toBe(true);
    expect(await hash.matches(`${word} `, first)).toBe(false);
    expect(await hash.matches(word, second)).toBe(true);
  });

  it('is worth nothing without the key of this service', async () => {
    const stolen = await hash.make(word);
    expect(await new PasswordHash(randomBytes(32)).matches(word, stolen)).toBe(false);
    expect(await new PasswordHash(sealKey).matches(word, stolen)).toBe(true);
  });

  it('is of the characters that were meant, however a keyboard composes them', async () => {
    const composed = await hash.make('caf\u00e9 au lait, bitte');
    expect(await hash.matches('cafe\u0301 au lait, bitte', composed)).toBe(true);
  });

  it.each([
    undefined,
    '',
    'nonsense',
    '$argon2id$v=19$m=9999999,t=99,p=1$c2FsdHNhbHQ$aGFzaA',
    '$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA',
  ])('that is %j matches nothing, and makes no more work than another', async (stored) => {
    expect(await hash.matches(word, stored)).toBe(false);
  });
});

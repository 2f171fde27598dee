import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { crc32Of } from './crc32.js';
import { isKeyText, KEY_PATTERN, mintKeyText, mintRotatedText, parseKeyText, redactKeys } from './key-text.js';

describe('the text of a key', () => {
  it('has the public form, and reads back as what it was minted as', () => {
    for (const kind of ['pat', 'vak', 'svc'] as const) {
      const { text, keyId } = mintKeyText(kind, 's');
      expect(text).toMatch(new RegExp(`^${KEY_PATTERN.source}$`));
      expect(parseKeyText(text)).toEqual({ kind, env: 's', keyId });
    }
  });

  it('keeps its id through a rotation and changes the secret', () => {
    const first = mintKeyText('pat', 'p');
    const second = mintRotatedText('pat', 'p', first.keyId);
    expect(second.keyId).toBe(first.keyId);
    expect(second.text).not.toBe(first.text);
    expect(() => mintRotatedText('pat', 'p', 'short')).toThrow(RangeError);
  });

  it('is refused when any single character differs', () => {
    const { text } = mintKeyText('vak', 'p');
    for (let i = 0; i < text.length; i += 1) {
      const other = text[i] === 'a' ? 'b' : 'a';
      expect(isKeyText(text.slice(0, i) + other + text.slice(i + 1)), `at ${i}`).toBe(false);
    }
  });

  it('is refused with anything before, after or beyond ASCII', () => {
    const { text } = mintKeyText('pat', 'p');
    for (const bad of [` ${text}`, `${text}\n`, text.slice(0, -1), `${text.slice(0, -1)}é`, text.toUpperCase(), '']) {
      expect(parseKeyText(bad)).toBeUndefined();
    }
  });

  it('carries the CRC-32 that zlib computes', () => {
    const { text } = mintKeyText('pat', 'p');
    expect(crc32Of(text, 64)).toBe(crc32(text.slice(0, 64)));
  });

  it('shows nothing of the secret in its redacted form, nor where a text quoted the key', () => {
    const { text, redacted } = mintKeyText('pat', 'd');
    expect(text.startsWith(redacted.slice(0, -1))).toBe(true);
    expect(redacted).toHaveLength(22);
    expect(redactKeys(`Bearer ${text} and ${text}.`)).toBe(`Bearer ${redacted} and ${redacted}.`);
  });

  it('draws every digit about as often as any other', () => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 2_000; i += 1) {
      for (const digit of mintKeyText('pat', 'p').text.slice(21, 64)) counts.set(digit, (counts.get(digit) ?? 0) + 1);
    }
    const mean = (2_000 * 43) / 62;
    expect(counts.size).toBe(62);
    // Six standard deviations: a byte taken modulo 62 without rejection would miss by ten.
    for (const count of counts.values()) expect(Math.abs(count - mean)).toBeLessThan(6 * Math.sqrt(mean));
  });
});

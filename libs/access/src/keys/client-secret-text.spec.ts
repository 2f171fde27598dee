import { describe, expect, it } from 'vitest';
import {
  CLIENT_SECRET_PATTERN,
  isClientSecretText,
  mintClientSecret,
  redactClientSecrets,
} from './client-secret-text.js';
import { isKeyText, KEY_PATTERN } from './key-text.js';

const clientId = 'client_Z9y8X7w6V5u4T3s2';

describe('the text of a client’s secret', () => {
  it('has the public form, is one of that client alone, and never a key', () => {
    const { text } = mintClientSecret(clientId);
    expect(text).toMatch(new RegExp(`^${CLIENT_SECRET_PATTERN.source}$`));
    expect(isClientSecretText(text, clientId)).toBe(true);
    expect(isClientSecretText(text, 'client_0000000000000000')).toBe(false);
    expect(isKeyText(text)).toBe(false);
    expect(KEY_PATTERN.test(text)).toBe(false);
  });

  it('is refused when any single character differs, and with anything before or after', () => {
    const { text } = mintClientSecret(clientId);
    for (let i = 0; i < text.length; i += 1) {
      const other = text[i] === 'a' ? 'b' : 'a';
      expect(isClientSecretText(text.slice(0, i) + other + text.slice(i + 1), clientId), `at ${i}`).toBe(false);
    }
    for (const bad of [` ${text}`, `${text}\n`, text.slice(0, -1), '']) {
      expect(isClientSecretText(bad, clientId)).toBe(false);
    }
  });

  it('shows nothing of the secret in its redacted form, nor where a text quoted it', () => {
    const { text, redacted } = mintClientSecret(clientId);
    expect(redacted).toBe('ghc_Z9y8X7w6V5u4T3s2_…');
    expect(redactClientSecrets(`client_secret=${text}&x=${text}`)).toBe(`client_secret=${redacted}&x=${redacted}`);
  });

  it('is minted for nothing but a client', () => {
    expect(() => mintClientSecret('user_Z9y8X7w6V5u4T3s2')).toThrow(RangeError);
  });
});

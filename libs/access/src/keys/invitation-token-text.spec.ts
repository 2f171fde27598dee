import { describe, expect, it } from 'vitest';
import { isClientSecretText } from './client-secret-text.js';
import {
  INVITATION_TOKEN_PATTERN,
  invitationIdIn,
  mintInvitationToken,
  redactInvitationTokens,
} from './invitation-token-text.js';
import { isKeyText, KEY_PATTERN } from './key-text.js';

const id = 'invitation_Z9y8X7w6V5u4T3s2';

describe('the token of an invitation', () => {
  it('has the public form, names its invitation, and is neither a key nor a secret of a client', () => {
    const { text } = mintInvitationToken(id);
    expect(text).toMatch(new RegExp(`^${INVITATION_TOKEN_PATTERN.source}$`));
    expect(invitationIdIn(text)).toBe(id);
    expect([isKeyText(text), KEY_PATTERN.test(text)]).toEqual([false, false]);
    expect(isClientSecretText(text, 'client_Z9y8X7w6V5u4T3s2')).toBe(false);
  });

  it('names nothing when any single character differs, nor with anything before or after', () => {
    const { text } = mintInvitationToken(id);
    for (let i = 0; i < text.length; i += 1) {
      const other = text[i] === 'a' ? 'b' : 'a';
      expect(invitationIdIn(text.slice(0, i) + other + text.slice(i + 1)), `at ${i}`).toBeUndefined();
    }
    for (const bad of [` ${text}`, `${text}\n`, text.slice(0, -1), '']) expect(invitationIdIn(bad)).toBeUndefined();
  });

  it('shows nothing of the secret where a text quoted it', () => {
    const { text, redacted } = mintInvitationToken(id);
    expect(redactInvitationTokens(`/join?token=${text}`)).toBe(`/join?token=${redacted}`);
    expect(redacted).toBe('ghi_Z9y8X7w6V5u4T3s2_…');
  });

  it('is minted for nothing but an invitation', () => {
    expect(() => mintInvitationToken('client_Z9y8X7w6V5u4T3s2')).toThrow(RangeError);
  });
});

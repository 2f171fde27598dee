import { BoundSecret, type MintedSecret } from './bound-secret.js';

const tokens = new BoundSecret('ghi', 'invitation');

/** `ghi_<16 base62 digits of the invitation's id>_<43 base62 secret>_<6 base62 crc>`. Public, and the same for every release. */
export const INVITATION_TOKEN_PATTERN = tokens.pattern;

/** A new token of an invitation. Throws a RangeError for what is no invitation's id. */
export function mintInvitationToken(invitationId: string): MintedSecret {
  return tokens.mint(invitationId);
}

/** Whose token the text would be; undefined where it is none. */
export function invitationIdIn(text: string): string | undefined {
  return tokens.idIn(text);
}

/** Any `ghi_…` token inside a text, made unreadable. */
export function redactInvitationTokens(text: string): string {
  return tokens.redact(text);
}

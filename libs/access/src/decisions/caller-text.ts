import { redactClientSecrets } from '../keys/client-secret-text.js';
import { redactInvitationTokens } from '../keys/invitation-token-text.js';
import { redactKeys } from '../keys/key-text.js';

/** `%40` is the sign in a path. */
const SIGN = /@|%40/g;
const LOCAL = new Set('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.+%-');
const LOCAL_CHARACTERS_MAX = 64;
const DOMAIN = /[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,8}\.[A-Za-z][A-Za-z0-9-]{0,62}/y;

/**
 * A text that a caller chose, as it may stand in a record that is kept: keys, client secrets, invitations' tokens and e-mail
 * addresses, which end up in paths and headers by mistake, are masked, and it is cut to `charactersMax`. Their marks are looked for first.
 */
export function callerText(text: string, charactersMax = Infinity): string {
  let clean = text.includes('gh_') ? redactKeys(text) : text;
  if (clean.includes('ghc_')) clean = redactClientSecrets(clean);
  if (clean.includes('ghi_')) clean = redactInvitationTokens(clean);
  if (clean.includes('@') || clean.includes('%40')) clean = withoutAddresses(clean);
  return clean.length > charactersMax ? clean.slice(0, charactersMax) : clean;
}

/** Looks from each sign to both sides, so far and no farther: no text takes longer than its length. */
function withoutAddresses(text: string): string {
  let clean = '';
  let done = 0;
  for (const { index, 0: sign } of text.matchAll(SIGN)) {
    const earliest = Math.max(done, index - LOCAL_CHARACTERS_MAX);
    let from = index;
    while (from > earliest && LOCAL.has(text.charAt(from - 1))) from -= 1;
    DOMAIN.lastIndex = index + sign.length;
    if (from >= index || !DOMAIN.test(text)) continue;
    clean += `${text.slice(done, from)}…@…`;
    done = DOMAIN.lastIndex;
  }
  return clean + text.slice(done);
}

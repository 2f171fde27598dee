import { TOKEN_CHARACTERS_MAX } from '#libs/access';
import { Refusal } from '../refusals/refusal.js';

const bearer = /^bearer +(\S+) *$/iu;
/** One more than the longest that is accepted: what is cut must not become what it was cut from. */
const credentialCharactersMax = TOKEN_CHARACTERS_MAX + 1;

/**
 * The one credential of a request: `Authorization: Bearer`, `x-api-key` or `api-key`. From the raw headers, because a
 * header that comes twice is merged or dropped on the way to the parsed ones.
 */
export function readCredential(rawHeaders: readonly string[]): string | Refusal {
  let found: string | undefined;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    const presented = isCredentialHeader(name) ? textOf(name, rawHeaders[index + 1] as string) : '';
    if (presented === '' || presented === found) continue;
    if (found !== undefined) {
      const message = 'The request carries two different credentials; send one.';
      return new Refusal('ambiguous_credentials', 'credentials_ambiguous', message);
    }
    found = presented;
  }
  if (found !== undefined) return found;
  return new Refusal(
    'missing_credentials',
    'credentials_missing',
    'No API key or token was sent. Send it as a bearer token.',
  );
}

/** The lengths first: most headers are settled by them. */
function isCredentialHeader(name: string): boolean {
  if (name.length !== 13 && name.length !== 9 && name.length !== 7) return false;
  const lower = name.toLowerCase();
  return lower === 'authorization' || lower === 'x-api-key' || lower === 'api-key';
}

/** An authorization of another scheme is a credential too, although none that is accepted. */
function textOf(name: string, value: string): string {
  const text = name.length === 13 ? (bearer.exec(value)?.[1] ?? schemeless(value)) : value.trim();
  return text.slice(0, credentialCharactersMax);
}

function schemeless(value: string): string {
  return /^bearer *$/iu.test(value) ? '' : value.trim();
}

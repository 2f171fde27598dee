import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { local, systemHome } from '../system/system.js';

/** Something that must not be found: `what` names it without showing it. */
export type Needle = { readonly what: string; readonly pattern: RegExp };
/** A piece of a store: where it is from, and its text (bytes as latin1). */
export type Piece = { readonly place: string; readonly text: string };

const literal = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/gu, '\\$&');
const anyOf = (texts: readonly string[]) => new RegExp(texts.map(literal).join('|'), 'u');

/** What specs of logins set and type. */
export const SPEC_PASSWORD = 'correct horse battery';

/** What a prompt says that is kept, sealed. */
export const KEPT_PROMPT = 'what nobody may read but who was let';

/** The text of any key, token and secret of a client; provider credentials of the demo and of the specs; and everything of secrets.json in each form. */
export function secrets(): Needle[] {
  const made = JSON.parse(readFileSync(join(systemHome, 'secrets.json'), 'utf8')) as Record<string, string>;
  return [
    { what: 'the text of a key', pattern: /gh_(?:pat|vak|svc)[psdtx]_[0-9A-Za-z]{12}_[0-9A-Za-z]{43}/u },
    { what: 'the secret half of a demo key', pattern: anyOf(demoKeys().flatMap(formsOfKey)) },
    { what: 'the secret of a client', pattern: /ghc_[0-9A-Za-z]{16}_[0-9A-Za-z]{43}/u },
    { what: 'the token of an invitation', pattern: /ghi_[0-9A-Za-z]{16}_[0-9A-Za-z]{43}/u },
    { what: 'a token', pattern: /eyJ[\w-]{16,}\.eyJ[\w-]{16,}\.[\w-]{32,}/u },
    { what: 'a password', pattern: anyOf([SPEC_PASSWORD]) },
    { what: 'a prompt that was kept', pattern: anyOf(formsOfText(KEPT_PROMPT)) },
    { what: 'a provider credential', pattern: /sk-sandbox-[\w-]{4}|736b2d73616e64626f782d/u },
    ...Object.entries(made).map(([what, value]) => ({ what, pattern: anyOf(formsOfSecret(value)) })),
  ];
}

/** The address of anybody in the demo, or made by a spec. */
export const addresses: Needle = { what: 'an e-mail address', pattern: /[\w.+-]+(?:@|%40)(?:acme|globex)\.example/u };

export function demoKeys(): string[] {
  const { operator, tenants } = local();
  return [operator.api_key, ...Object.values(tenants).flatMap((one) => [one.admin_key, ...Object.values(one.keys)])];
}

/** As it is, and in base64 wherever in a text it stands. */
function formsOfText(text: string): string[] {
  const shifted = [0, 1, 2].map((bytes) =>
    Buffer.from(' '.repeat(bytes) + text)
      .toString('base64')
      .slice(4, -4),
  );
  return [text, ...shifted];
}

/** PostgreSQL shows bytes in hexadecimal. */
function formsOfKey(key: string): string[] {
  const secret = key.split('_')[3] ?? key;
  return [secret, Buffer.from(secret).toString('hex'), Buffer.from(secret).toString('base64').slice(0, 56)];
}

function formsOfSecret(value: string): string[] {
  const bytes = Buffer.from(value, 'base64');
  return [
    value.replace(/=+$/u, ''),
    bytes.toString('base64url'),
    bytes.toString('hex'),
    Buffer.from(value).toString('hex'),
    encodeURIComponent(value),
    bytes.toString('latin1'),
  ];
}

/** Which of the needles lie in which pieces, one sentence each, without showing them. */
export async function found(
  needles: readonly Needle[],
  pieces: AsyncIterable<Piece> | Iterable<Piece>,
): Promise<string[]> {
  const findings = new Set<string>();
  // Nearly every piece holds none of them: one look tells.
  const any = new RegExp(needles.map(({ pattern }) => pattern.source).join('|'), 'u');
  for await (const { place, text } of pieces) {
    if (!any.test(text)) continue;
    for (const { what, pattern } of needles) if (pattern.test(text)) findings.add(`${what} in ${place}`);
  }
  return [...findings];
}

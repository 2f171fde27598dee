import { nameTwiceIn } from '#libs/http';

/** Longest token that is looked at, characters. */
export const TOKEN_CHARACTERS_MAX = 8 * 1024;

/** A signed token, taken apart and not believed yet. */
export type CompactJws = {
  readonly text: string;
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
};

const PART = /^[A-Za-z0-9_-]+$/;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Takes a token apart: three parts of canonical base64url with dots between, of which the first two are JSON objects.
 * Undefined for everything else: JSON serialisation, encrypted and unsigned tokens, padding, whitespace, bits that no
 * byte holds, names that stand twice. Never throws.
 */
export function readCompactJws(text: string): CompactJws | undefined {
  if (text.length > TOKEN_CHARACTERS_MAX) return undefined;
  const [first, second, third, ...more] = text.split('.', 4);
  if (first === undefined || second === undefined || third === undefined || more.length > 0) return undefined;
  // What costs least first: an unsigned or padded token is never parsed.
  if (!bytesOf(third)) return undefined;
  const [header, claims] = [objectIn(first), objectIn(second)];
  return header && claims && { text, header, claims };
}

function objectIn(part: string): Readonly<Record<string, unknown>> | undefined {
  const bytes = bytesOf(part);
  if (!bytes) return undefined;
  try {
    const text = utf8.decode(bytes);
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value) || nameTwiceIn(text)) return undefined;
    return value as Readonly<Record<string, unknown>>;
  } catch {
    return undefined; // Bytes that are no UTF-8, or no JSON.
  }
}

/** One spelling for each sequence of bytes: what is not it could be another key in some cache, or another reader's text. */
function bytesOf(part: string): Buffer | undefined {
  if (!PART.test(part)) return undefined;
  const bytes = Buffer.from(part, 'base64url');
  return bytes.toString('base64url') === part ? bytes : undefined;
}

/** What a credential looks like wherever it stands; its id is public, its secret and checksum are not. */
const KEY_TEXT = /(gh_(?:pat|vak|svc)[pdstx]_[0-9A-Za-z]{12})_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}/g;
const BEARER = /\b(bearer\s+)[^\s"'\\,;]+/gi;
const JWT = /\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g;

/** Field names whose value is never logged, at any depth down to `REDACTED_DEPTH`. */
const SECRET_FIELDS = [
  'authorization',
  'Authorization',
  'password',
  'secret',
  'client_secret',
  'api_key',
  'apiKey',
  'x-api-key',
  'cookie',
  'set-cookie',
  'mac',
];
const REDACTED_DEPTH = 4;

/** Paths for pino's `redact`: each secret field name at the top and below, four levels deep. */
export const redactedPaths: readonly string[] = SECRET_FIELDS.flatMap((field) =>
  Array.from({ length: REDACTED_DEPTH }, (_, depth) => `${'*.'.repeat(depth)}["${field}"]`.replaceAll('.[', '[')),
);

/** `text` with every credential masked: `gh_vakp_<id>_***`, `Bearer ***`, `jwt ***`. Safe on a whole JSON line. */
export function maskSecrets(text: string): string {
  // Most lines hold none: three searches for a literal cost less than one replacement each.
  let masked = text;
  if (masked.includes('gh_')) masked = masked.replace(KEY_TEXT, '$1_***');
  if (masked.includes('eyJ')) masked = masked.replace(JWT, 'jwt ***');
  if (/bearer/i.test(masked)) masked = masked.replace(BEARER, '$1***');
  return masked;
}

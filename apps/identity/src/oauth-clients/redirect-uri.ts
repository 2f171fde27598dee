const CHARACTERS_MAX = 512;
const LOOPBACK = new Set(['127.0.0.1', '[::1]', 'localhost']);

/**
 * Why an address may not be one that codes are sent to; undefined for one that may. It is compared character by
 * character later, so it must be written in the one form that every browser reads alike: nothing to be normalised.
 */
export function redirectUriMistake(text: string): string | undefined {
  if (text.length > CHARACTERS_MAX) return `at most ${CHARACTERS_MAX} characters`;
  // Beyond what the URL parser mends silently: white space, control and backslash; and wildcards, which match nothing.
  if (!/^[\x21-\x7e]+$/.test(text) || /[\\*#]/.test(text)) return 'without spaces, backslashes, wildcards and fragment';
  const url = URL.parse(text);
  if (!url) return 'an absolute address';
  if (url.username !== '' || url.password !== '') return 'without user and password';
  const isLoopback = url.protocol === 'http:' && LOOPBACK.has(url.hostname);
  if (url.protocol !== 'https:' && !isLoopback) return 'https, or http on a loopback address';
  return url.href === text ? undefined : `write it as ${url.href}`;
}

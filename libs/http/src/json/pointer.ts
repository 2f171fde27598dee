/** A JSON pointer (RFC 6901); the empty one is the whole body. */
export function pointerTo(path: readonly string[]): string {
  return path.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

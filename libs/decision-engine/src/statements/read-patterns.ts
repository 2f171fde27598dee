import { isPattern, readResourcePattern, type ResourcePattern } from '#libs/policy-language';

/** Reads patterns that the lint has accepted; throws a TypeError for another. */
export function readPatterns(texts: readonly string[]): readonly ResourcePattern[] {
  return texts.map((text) => {
    const read = readResourcePattern(text);
    if (!isPattern(read)) throw new TypeError(read.message);
    return read;
  });
}

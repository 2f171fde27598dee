import type { IssuerKey } from '#libs/contracts';
import { problem } from '#libs/http';
import { z } from 'zod';
import { isKey, readPublicKey } from './read-public-key.js';

/** Keys of one set: more is not rotation. */
export const KEYS_MAX = 32;

/** A key set as somebody writes one into a request (RFC 7517). What each key must be is `keysOf`'s to say. */
export const KeySetBody = z.strictObject({
  keys: z.array(z.record(z.string(), z.unknown())).min(1).max(KEYS_MAX),
});
export type KeySetBody = z.output<typeof KeySetBody>;

/**
 * The keys of a set that somebody wrote down: all of them, each with a kid of its own.
 * @throws ProblemError 422 `<thing>/invalid` with a pointer to each key that is not taken.
 */
export function keysOf(thing: string, { keys }: KeySetBody, pointer: string): IssuerKey[] {
  const read = keys.map(readPublicKey);
  const seen = new Set<string | null>();
  const mistakes = read.flatMap((each, index) => {
    const detail = isKey(each) ? kidMistake(each, seen, keys.length) : each.detail;
    return detail === undefined ? [] : [{ pointer: `${pointer}/keys/${index}`, detail }];
  });
  if (mistakes.length === 0) return read.filter(isKey);
  throw problem(422, `${thing}/invalid`, 'This key set is not one of public signature keys.', mistakes);
}

function kidMistake({ kid }: IssuerKey, seen: Set<string | null>, count: number): string | undefined {
  if (kid === null && count > 1) return 'One of several keys needs a kid.';
  if (seen.has(kid)) return 'Another key has this kid.';
  seen.add(kid);
  return undefined;
}

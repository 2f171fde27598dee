import type { KeyObject } from 'node:crypto';
import type { SignedCheckpoint } from '#libs/contracts';
import { checkpointDigest, isSigned } from './checkpoint.js';

/** What is wrong with the checkpoints of a tenant themselves; `number` is that of the first one concerned. */
export type SeriesFault = {
  readonly kind: 'checkpoint_missing' | 'checkpoint_forged' | 'checkpoint_unlinked' | 'checkpoint_twice';
  readonly number: number;
};

/**
 * The checkpoints of one tenant in order, up to the first that is not to be trusted. Copies of the same one are one; two
 * that differ under one number are a fault, since only who has the key could make both.
 */
export function trustedSeries(
  checkpoints: readonly SignedCheckpoint[],
  keys: readonly KeyObject[],
): { readonly trusted: readonly SignedCheckpoint[]; readonly fault?: SeriesFault } {
  const trusted: SignedCheckpoint[] = [];
  const byNumber = Map.groupBy(checkpoints, ({ number }) => number);
  const numbers = [...byNumber.keys()].toSorted((a, b) => a - b);
  let former = '';
  for (const number of numbers) {
    const due = trusted.length + 1;
    const [checkpoint, ...copies] = byNumber.get(number) ?? [];
    if (number !== due || !checkpoint) return { trusted, fault: { kind: 'checkpoint_missing', number: due } };
    if (![checkpoint, ...copies].every((each) => isSigned(each, keys))) {
      return { trusted, fault: { kind: 'checkpoint_forged', number } };
    }
    const digest = checkpointDigest(checkpoint);
    if (copies.some((copy) => checkpointDigest(copy) !== digest)) {
      return { trusted, fault: { kind: 'checkpoint_twice', number } };
    }
    if (checkpoint.former !== former) return { trusted, fault: { kind: 'checkpoint_unlinked', number } };
    former = digest;
    trusted.push(checkpoint);
  }
  return { trusted };
}

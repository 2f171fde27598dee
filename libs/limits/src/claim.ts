/**
 * What one boot of one replica says of one window, as a whole and not as a change: the record under
 * `window/replica/boot`. Whole numbers, in the limit's unit (money in billionths).
 */
export type Claim = {
  /** What calls really used. */
  readonly settled: number;
  /** What it may spend: granted by the log, given back where it is not needed. */
  readonly accepted: number;
  /** What it asks for on top; counts against everybody until it is granted or withdrawn. */
  readonly asking: number;
  /** Numbers the asks of a boot, so that it knows its own answer when it reads it. */
  readonly ask: number;
};

export const NO_CLAIM: Claim = Object.freeze({ settled: 0, accepted: 0, asking: 0, ask: 0 });

/** What a claim takes of the limit. More may have been used than was accepted: then that counts. */
export const weightOf = ({ settled, accepted, asking }: Claim): number => Math.max(settled, accepted) + asking;

import { randomFillSync } from 'node:crypto';
import { KEY_TEXT_LENGTH } from '../keys/key-text.js';
import type { KnownCaller } from './caller-memory.js';

/** Characters of one word, 7 bits each: a word is below 2^21. */
const WORD_CHARACTERS = 3;
const WORDS = Math.ceil(KEY_TEXT_LENGTH / WORD_CHARACTERS);
const LAST_WORD_AT = KEY_TEXT_LENGTH - WORD_CHARACTERS;
/** Sums that are compared; one more says where to look. */
const LANES = 4;
/** Below 2^27: a sum of 24 products with words is below 2^53, and so exact. */
const FACTOR_BITS = 27;

/**
 * Key texts that were proved a moment ago, and whose they are; without the texts. A text is known again by four sums
 * Σ fᵢ·wᵢ over its words, exact integers under factors of 27 random bits that each process draws for itself: for any
 * other text, whatever it is, one sum is the same with a probability of at most 2⁻²⁷, and all four with 2⁻¹⁰⁸ (a
 * universal hash; Carter and Wegman 1979). Where a text is looked for is said by a fifth sum under factors of its own, and
 * the four are compared all or none, so that no time taken tells of their factors. They hold 108 bits of 256 that are
 * secret: nobody gets a text back from them. A place holds the text that came last; about 50 bytes each.
 */
export class RecentTexts {
  private readonly factors = drawFactors();
  private readonly sums: Float64Array;
  private readonly callers: (KnownCaller | undefined)[];
  private readonly mask: number;
  /** Of the text that was looked for last. */
  private readonly asked = new Float64Array(LANES);
  private place = 0;

  /** As many places as the next power of two from `placesMin` on. */
  constructor(placesMin: number) {
    const places = 2 ** Math.ceil(Math.log2(Math.max(1, placesMin)));
    this.sums = new Float64Array(places * LANES);
    this.callers = Array.from({ length: places }, () => undefined);
    this.mask = places - 1;
  }

  /** Whose text it was when it was kept; the caller looks whether that still holds. Allocates nothing. */
  find(text: string): KnownCaller | undefined {
    if (text.length !== KEY_TEXT_LENGTH || !this.sumUp(text)) return undefined;
    const { sums, asked, place } = this;
    const at = place * LANES;
    const isSame =
      Number(sums[at] === asked[0]) &
      Number(sums[at + 1] === asked[1]) &
      Number(sums[at + 2] === asked[2]) &
      Number(sums[at + 3] === asked[3]);
    return isSame === 1 ? this.callers[place] : undefined;
  }

  /** Keeps the text that `find` was asked for last; it must have been proved since. */
  keep(caller: KnownCaller): void {
    this.sums.set(this.asked, this.place * LANES);
    this.callers[this.place] = caller;
  }

  /** False for a text that has other characters than ASCII, whose words would not tell it from others. */
  private sumUp(text: string): boolean {
    const { factors, asked } = this;
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    let where = 0;
    let every = 0;
    for (let start = 0, n = 0; start < KEY_TEXT_LENGTH; start += WORD_CHARACTERS, n += LANES + 1) {
      // The last word begins inside the one before it, so that none reaches beyond the end.
      const at = start > LAST_WORD_AT ? LAST_WORD_AT : start;
      const first = text.charCodeAt(at);
      const second = text.charCodeAt(at + 1);
      const third = text.charCodeAt(at + 2);
      every |= first | second | third;
      const word = first | (second << 7) | (third << 14);
      a += word * (factors[n] ?? 0);
      b += word * (factors[n + 1] ?? 0);
      c += word * (factors[n + 2] ?? 0);
      d += word * (factors[n + 3] ?? 0);
      where += word * (factors[n + 4] ?? 0);
    }
    asked[0] = a;
    asked[1] = b;
    asked[2] = c;
    asked[3] = d;
    this.place = where & this.mask;
    return every < 128;
  }
}

function drawFactors(): Float64Array {
  const random = randomFillSync(new Uint32Array(WORDS * (LANES + 1)));
  return Float64Array.from(random, (bits) => bits >>> (32 - FACTOR_BITS));
}

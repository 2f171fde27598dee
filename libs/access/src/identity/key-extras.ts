import { compileRestrictions } from '#libs/decision-engine';
import type { CredentialShare, TellNews } from './credential-news.js';
import { Interned } from './interned.js';
import type { FormerSecret, KeyTerms, RareTerms } from './key-terms.js';

export type Extras = { readonly terms: KeyTerms; readonly rare: RareTerms | undefined };

type Entry = Extras & { readonly termsNumber: number; holders: number };
type ExtrasRow = readonly [number: number, terms: string, rare: RareTerms | null, holders: number];
/** For a snapshot file. */
export type ExtrasState = { readonly last: number; readonly rows: readonly ExtrasRow[] };

/** Numbers go round; one is taken again when four thousand million others were. */
const NUMBERS_MAX = 2 ** 32 - 1;

/**
 * What does not fit into a slot, by the number that the slot names. Keys with the same terms, and nothing that few have,
 * share a number. No number is taken again soon, so a reader with an old one finds what it stood for, or nothing.
 */
export class KeyExtras {
  private readonly held = new Map<number, Entry>();
  /** Numbers of those that have terms only, by the terms' own number. */
  private readonly plain = new Map<number, number>();
  private readonly terms = new Interned<KeyTerms>(readTerms);
  private last = 0;

  constructor(private readonly tell: TellNews) {}

  find(number: number): Extras | undefined {
    return this.held.get(number);
  }

  hold(terms: string, rare: RareTerms | undefined): number {
    const termsNumber = this.terms.hold(terms);
    const known = rare ? undefined : this.held.get(this.plain.get(termsNumber) ?? 0);
    if (known) {
      this.terms.release(termsNumber);
      known.holders += 1;
      return this.plain.get(termsNumber) ?? 0;
    }
    const number = this.next();
    this.put(number, { termsNumber, rare, holders: 1 });
    this.tell({ kind: 'extras', number, terms, rare });
    return number;
  }

  release(number: number): void {
    const entry = this.held.get(number);
    if (!entry) return;
    entry.holders -= 1;
    if (entry.holders > 0) return;
    this.forget(number);
    this.tell({ kind: 'released', number });
  }

  /** For a thread that reads. */
  adopt(number: number, terms: string, rare: RareTerms | undefined): void {
    this.put(number, { termsNumber: this.terms.hold(terms), rare, holders: 1 });
  }

  /** The same, of a number that no slot names any more. */
  forget(number: number): void {
    const entry = this.held.get(number);
    if (!entry) return;
    this.held.delete(number);
    if (!entry.rare) this.plain.delete(entry.termsNumber);
    this.terms.release(entry.termsNumber);
  }

  shared(): CredentialShare['extras'] {
    return this.export().rows.map(([number, terms, rare]) => [number, terms, rare ?? undefined] as const);
  }

  export(): ExtrasState {
    const rows = Array.from(this.held, ([number, { termsNumber, rare, holders }]) => {
      return [number, this.terms.text(termsNumber), rare ? withoutProof(rare) : null, holders] as const;
    });
    return { last: this.last, rows };
  }

  /** Into an empty one. */
  import({ last, rows }: ExtrasState): void {
    for (const [number, terms, rare, holders] of rows) {
      this.put(number, { termsNumber: this.terms.hold(terms), rare: rare ?? undefined, holders });
      this.tell({ kind: 'extras', number, terms, rare: rare ?? undefined });
    }
    this.last = last;
  }

  private put(number: number, entry: Omit<Entry, 'terms'>): void {
    this.held.set(number, { ...entry, terms: this.terms.value(entry.termsNumber) });
    if (!entry.rare) this.plain.set(entry.termsNumber, number);
  }

  private next(): number {
    do this.last = (this.last % NUMBERS_MAX) + 1;
    while (this.held.has(this.last));
    return this.last;
  }
}

function withoutProof({ former, ...rare }: RareTerms): RareTerms {
  const { proven: _, ...secret } = former ?? { proven: undefined };
  return { ...rare, former: former ? (secret as FormerSecret) : null };
}

function readTerms(text: string): KeyTerms {
  const { restrictions, labels } = JSON.parse(text) as Pick<KeyTerms, 'restrictions' | 'labels'>;
  return Object.freeze({ restrictions, labels, compiled: compileRestrictions(restrictions) });
}

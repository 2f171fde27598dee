import type { RareTerms } from './key-terms.js';

/**
 * What a thread that reads the table must be given beside the memory that it has already. Told before anything in shared
 * memory names it, so whoever meets a number that it does not know finds it among what it has not taken in yet.
 */
export type CredentialNews =
  | { readonly kind: 'page'; readonly page: SharedArrayBuffer }
  | { readonly kind: 'cells'; readonly cells: SharedArrayBuffer; readonly number: number }
  | { readonly kind: 'extras'; readonly number: number; readonly terms: string; readonly rare: RareTerms | undefined }
  | { readonly kind: 'released'; readonly number: number };

export type TellNews = (news: CredentialNews) => void;

/** Everything that a thread begins to read with. It can be posted: the memory is shared, the rest is copied. */
export type CredentialShare = {
  readonly pages: readonly SharedArrayBuffer[];
  readonly control: SharedArrayBuffer;
  readonly cells: SharedArrayBuffer;
  readonly cellsNumber: number;
  readonly extras: readonly (readonly [number: number, terms: string, rare: RareTerms | undefined])[];
};

import type { OpenSealed, SealedText } from '#libs/decider';

/** Seals personal data under one key per subject (user or tenant), which erasure deletes; port and DI token. */
export abstract class SubjectKeys {
  /** Makes the subject's key at the first call. At most 16 KiB of text. */
  abstract seal(subjectId: string, text: string): Promise<SealedText>;

  /**
   * The text, or undefined once the key it was sealed with is erased.
   * @throws SealKeyMismatch when the subject's key was wrapped under another seal key than this process has.
   */
  abstract open(sealed: SealedText): Promise<string | undefined>;

  /** Opens everything that `values` carry, at any depth, with one query; what it answers is pure. */
  abstract openAll(values: readonly unknown[]): Promise<OpenSealed>;

  /** Deletes the keys: every copy of what they sealed is unreadable from now on, in tables, topics and backups. */
  abstract erase(...subjectIds: readonly string[]): Promise<void>;

  /** As {@link erase}, of every subject with a key here of whom it is true; answers which. */
  abstract eraseThose(isErased: (subjectId: string) => boolean): Promise<readonly string[]>;
}

/** The configured seal key is not the one that the store's subject keys are wrapped with: a wrong configuration. */
export class SealKeyMismatch extends Error {
  override readonly name = 'SealKeyMismatch';
  constructor() {
    super('The seal key of this process does not open the subject keys of this store.');
  }
}

/** Entries that are kept at most, and characters of all their tokens together; a token's weight grows with its text. */
export type TokenCacheBounds = { readonly entriesMax: number; readonly charactersMax: number };

type Entry<Value> = { readonly value: Value; readonly characters: number; isRecent: boolean };

/**
 * Values by the SHA-256 of a whole token: within its bounds, the ones used least recently go first (second chance: a hit
 * costs a flag, not a move).
 */
export class TokenCache<Value> {
  private readonly entries = new Map<string, Entry<Value>>();
  private characters = 0;

  constructor(private readonly bounds: TokenCacheBounds) {}

  get size(): number {
    return this.entries.size;
  }

  get(digest: string): Value | undefined {
    const entry = this.entries.get(digest);
    if (!entry) return undefined;
    entry.isRecent = true;
    return entry.value;
  }

  put(digest: string, value: Value, characters: number): void {
    this.delete(digest);
    this.entries.set(digest, { value, characters, isRecent: true });
    this.characters += characters;
    while (this.isFull()) this.evict();
  }

  delete(digest: string): void {
    const entry = this.entries.get(digest);
    if (!entry) return;
    this.entries.delete(digest);
    this.characters -= entry.characters;
  }

  private isFull(): boolean {
    return this.entries.size > this.bounds.entriesMax || this.characters > this.bounds.charactersMax;
  }

  /** The oldest goes, unless it was used since it was last looked at: then it is as young as a new one, once. */
  private evict(): void {
    for (const [digest, entry] of this.entries) {
      if (!entry.isRecent) return this.delete(digest);
      entry.isRecent = false;
      this.entries.delete(digest);
      this.entries.set(digest, entry);
    }
  }
}

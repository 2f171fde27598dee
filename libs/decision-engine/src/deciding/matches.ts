import { firstFew } from '../statements/cell.js';

/**
 * Ids of statements that matched. The first list is kept as it is, so that the usual answer, decided by one statement
 * of one grant, copies nothing; only further ones are put together. Reused between decisions.
 */
export class Matches {
  private first: readonly string[] | undefined;
  private readonly more = new Set<string>();

  get isEmpty(): boolean {
    return this.first === undefined;
  }

  clear(): void {
    this.first = undefined;
    if (this.more.size > 0) this.more.clear();
  }

  add(ids: readonly string[]): void {
    if (ids.length === 0) return;
    if (this.first === undefined) this.first = ids;
    else for (const id of ids) this.more.add(id);
  }

  /** Sorted, without repetition, no more than are cited. */
  cited(): readonly string[] {
    if (this.first === undefined) return [];
    if (this.more.size === 0) return this.first;
    if (this.first.length === 1 && this.more.size === 1 && this.more.has(this.first[0] ?? '')) return this.first;
    return firstFew(new Set([...this.first, ...this.more]));
  }
}

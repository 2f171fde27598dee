/**
 * One round of work at a time. Who comes while one runs, which may have begun before what they need was there, shares the
 * next one with all who came as they did; it is about everything that any of them asked for.
 */
export class Rounds<Item, Outcome> {
  private current: Promise<unknown> = Promise.resolve();
  private next: { readonly items: Set<Item>; readonly outcome: Promise<Outcome> } | undefined;

  /** `work` must not reject. */
  constructor(private readonly work: (items: readonly Item[]) => Promise<Outcome>) {}

  /** The outcome of the round that these items were in. */
  join(items: readonly Item[]): Promise<Outcome> {
    if (this.next) {
      for (const item of items) this.next.items.add(item);
      return this.next.outcome;
    }
    const wanted = new Set(items);
    const outcome = this.current.then(() => {
      this.next = undefined;
      return this.work([...wanted]);
    });
    this.next = { items: wanted, outcome };
    this.current = outcome;
    return outcome;
  }

  /** Resolves when nothing is under way that was asked for before. */
  async idle(): Promise<void> {
    await this.current;
  }
}

/** Distinct parts that are kept, for each kind of part. */
const KEPT_MAX = 65_536;

/**
 * Makes equal parts one object. Sharing is all it is for: when it is full it forgets everything, whoever holds a part
 * goes on holding it, and equal parts made later are merely other objects.
 */
export class Remembered<Part> {
  private readonly parts = new Map<string, Part>();

  of(key: string, make: () => Part): Part {
    const known = this.parts.get(key);
    if (known !== undefined) return known;
    if (this.parts.size >= KEPT_MAX) this.parts.clear();
    const made = make();
    this.parts.set(key, made);
    return made;
  }
}

/** Up to this many ids a list is smaller and as fast as bits over the whole catalogue. */
const LISTED_IDS_MAX = 8;

/** Which models of one snapshot's catalogue a statement reaches. Built once per revision. */
export class ModelSelector {
  private constructor(
    private readonly bits: Uint32Array | undefined,
    private readonly ids: readonly number[],
  ) {}

  /** `ids` ascending and without repetition; `count` is the size of the catalogue. */
  static of(ids: readonly number[], count: number): ModelSelector {
    if (ids.length <= LISTED_IDS_MAX) return new ModelSelector(undefined, ids);
    const bits = new Uint32Array((count + 31) >>> 5);
    for (const id of ids) bits[id >>> 5] = (bits[id >>> 5] ?? 0) | (1 << (id & 31));
    return new ModelSelector(bits, []);
  }

  has(id: number): boolean {
    if (this.bits) return (((this.bits[id >>> 5] ?? 0) >>> (id & 31)) & 1) === 1;
    for (let i = 0; i < this.ids.length; i++) if (this.ids[i] === id) return true;
    return false;
  }
}

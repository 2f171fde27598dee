/** Equal values are held once, by number; one that nobody holds any more gives its number back. */
export class Interned<Value> {
  private readonly numbers = new Map<string, number>();
  private readonly held: ({ text: string; value: Value; holders: number } | undefined)[] = [];
  private readonly free: number[] = [];

  /** `make` turns the text into the value, when it is new. */
  constructor(private readonly make: (text: string) => Value) {}

  hold(text: string): number {
    const known = this.numbers.get(text);
    const entry = known === undefined ? undefined : this.held[known];
    if (known !== undefined && entry) {
      entry.holders += 1;
      return known;
    }
    const number = this.free.pop() ?? this.held.length;
    this.held[number] = { text, value: this.make(text), holders: 1 };
    this.numbers.set(text, number);
    return number;
  }

  release(number: number): void {
    const entry = this.held[number];
    if (!entry) return;
    entry.holders -= 1;
    if (entry.holders > 0) return;
    this.held[number] = undefined;
    this.numbers.delete(entry.text);
    this.free.push(number);
  }

  /** Of a number that somebody holds. */
  value(number: number): Value {
    return this.entry(number).value;
  }

  /** The same, as it came. */
  text(number: number): string {
    return this.entry(number).text;
  }

  private entry(number: number) {
    const entry = this.held[number];
    if (!entry) throw new RangeError(`Nobody holds ${number}.`);
    return entry;
  }
}

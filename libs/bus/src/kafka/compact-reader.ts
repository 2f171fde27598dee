/** Reads the primitive types of Kafka's flexible protocol versions (KIP-482). */
export class CompactReader {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  int16(): number {
    return this.bytes.readInt16BE(this.step(2));
  }

  int32(): number {
    return this.bytes.readInt32BE(this.step(4));
  }

  skip(bytes: number): void {
    this.step(bytes);
  }

  /** 16 bytes as 32 hexadecimal digits. */
  uuid(): string {
    const from = this.step(16);
    return this.bytes.toString('hex', from, from + 16);
  }

  unsignedVarint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.bytes.readUInt8(this.step(1));
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError('A varint of more than 5 bytes');
  }

  /** A compact string; null has length 0. */
  text(): string | null {
    const length = this.unsignedVarint() - 1;
    if (length < 0) return null;
    const from = this.step(length);
    return this.bytes.toString('utf8', from, from + length);
  }

  array<Item>(read: () => Item): Item[] {
    const length = this.unsignedVarint() - 1;
    return Array.from({ length: Math.max(0, length) }, read);
  }

  /** Tagged fields, none of which is wanted here. */
  tags(): void {
    for (let left = this.unsignedVarint(); left > 0; left -= 1) {
      this.unsignedVarint();
      this.skip(this.unsignedVarint());
    }
  }

  private step(bytes: number): number {
    const from = this.at;
    this.at += bytes;
    return from;
  }
}

/** An unsigned varint. */
export function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}

/** A compact string. */
export function compactText(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([varint(bytes.length + 1), bytes]);
}

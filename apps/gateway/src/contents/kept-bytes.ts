/** First room for bytes; most calls need no more. */
const ROOM_BYTES = 4_096;

/** The first bytes of something longer. They are copied: what comes from a socket is a part of a much larger buffer. */
export class KeptBytes {
  private room = Buffer.alloc(0);
  private length = 0;
  private seen = 0;

  constructor(private readonly bytesMax: number) {}

  /** Of the whole, kept or not. */
  get bytes(): number {
    return this.seen;
  }

  get keptBytes(): number {
    return this.length;
  }

  get isTruncated(): boolean {
    return this.seen > this.length;
  }

  add(chunk: Buffer): void {
    this.seen += chunk.length;
    const taken = chunk.subarray(0, this.bytesMax - this.length);
    if (taken.length === 0) return;
    this.reserve(this.length + taken.length);
    taken.copy(this.room, this.length);
    this.length += taken.length;
  }

  base64(): string {
    return this.room.toString('base64', 0, this.length);
  }

  private reserve(bytes: number): void {
    if (bytes <= this.room.length) return;
    const room = Buffer.allocUnsafe(Math.min(this.bytesMax, Math.max(bytes, ROOM_BYTES, this.room.length * 2)));
    this.room.copy(room, 0, 0, this.length);
    this.room = room;
  }
}

/** Room before a body, so that a key can be put in front without copying what follows. */
export const headroomBytes = 64;

/** The bytes of a body inside a buffer that has room before them. */
export class RequestBody {
  private view: Buffer;

  private constructor(
    private readonly storage: Buffer,
    private start: number,
  ) {
    this.view = storage.subarray(start);
  }

  static ofLength(length: number): RequestBody {
    const storage = Buffer.allocUnsafe(headroomBytes + length);
    return new RequestBody(storage, headroomBytes);
  }

  static of(bytes: Buffer): RequestBody {
    const body = RequestBody.ofLength(bytes.length);
    bytes.copy(body.bytes);
    return body;
  }

  get bytes(): Buffer {
    return this.view;
  }

  /**
   * Puts `text` behind the opening brace at `open` (counted from the body's start; before it is only white space), by
   * moving the brace forward. Answers false where the room does not suffice.
   */
  insertAfterBrace(open: number, text: string): boolean {
    const bytes = Buffer.byteLength(text);
    const brace = this.start + open - bytes;
    if (brace < 0) return false;
    this.storage[brace] = 0x7b;
    this.storage.write(text, brace + 1);
    this.start = brace;
    this.view = this.storage.subarray(brace);
    return true;
  }
}

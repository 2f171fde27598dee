import { encodeBase62, randomBase62 } from './base62.js';
import { crc32Of } from './crc32.js';

const SECRET_DIGITS = 43;
const CRC_DIGITS = 6;

/** `text` is to be shown once and never kept; `redacted` may be stored and shown. */
export type MintedSecret = { readonly text: string; readonly redacted: string };

/**
 * The form of secrets that are bound to one thing: `<mark>_<16 base62 digits of its id>_<43 base62 secret>_<6 base62 crc>`.
 * Each mark is known to secret scanners, and no secret of one mark can be taken for one of another.
 */
export class BoundSecret {
  readonly pattern: RegExp;
  private readonly alone: RegExp;
  private readonly everywhere: RegExp;
  private readonly ids: RegExp;

  /** @param mark e.g. `ghc`. @param kind What ids of the thing begin with, e.g. `client`. */
  constructor(
    private readonly mark: string,
    private readonly kind: string,
  ) {
    this.pattern = new RegExp(`${mark}_([0-9A-Za-z]{16})_([0-9A-Za-z]{${SECRET_DIGITS}})_([0-9A-Za-z]{${CRC_DIGITS}})`);
    this.alone = new RegExp(`^${this.pattern.source}$`);
    this.everywhere = new RegExp(this.pattern, 'g');
    this.ids = new RegExp(`^${kind}_([0-9A-Za-z]{16})$`);
  }

  /** A new secret of the thing, 256 bits from the system's secure generator. Throws a RangeError for another thing's id. */
  mint(id: string): MintedSecret {
    const digits = this.ids.exec(id)?.[1];
    if (digits === undefined) throw new RangeError(`An id of this kind is ${this.kind}_ and 16 base62 digits.`);
    const body = `${this.mark}_${digits}_${randomBase62(SECRET_DIGITS)}`;
    const crc = encodeBase62(crc32Of(body, body.length), CRC_DIGITS);
    return { text: `${body}_${crc}`, redacted: `${this.mark}_${digits}_…` };
  }

  /** Whose secret the text would be; undefined where its form or its CRC is wrong: such a text needs no look-up. */
  idIn(text: string): string | undefined {
    const [, digits, , crc] = this.alone.exec(text) ?? [];
    if (digits === undefined) return undefined;
    const bodyLength = text.length - CRC_DIGITS - 1;
    return encodeBase62(crc32Of(text, bodyLength), CRC_DIGITS) === crc ? `${this.kind}_${digits}` : undefined;
  }

  /** Any such secret inside a text, made unreadable. */
  redact(text: string): string {
    return text.replaceAll(this.everywhere, (_, digits: string) => `${this.mark}_${digits}_…`);
  }
}

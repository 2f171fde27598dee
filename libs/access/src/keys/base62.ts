import { randomBytes } from 'node:crypto';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** The largest multiple of 62 that fits a byte: larger bytes are thrown away, or the first digits would be likelier. */
const UNBIASED_BELOW = 248;

/** `length` base62 digits from the system's secure generator, each equally likely. */
export function randomBase62(length: number): string {
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(length + 8)) {
      if (byte < UNBIASED_BELOW && text.length < length) text += DIGITS[byte % 62];
    }
  }
  return text;
}

/** A non-negative integer below 62^`length` as exactly `length` digits. */
export function encodeBase62(value: number, length: number): string {
  let rest = value;
  let text = '';
  for (let i = 0; i < length; i += 1) {
    text = DIGITS.charAt(rest % 62) + text;
    rest = Math.floor(rest / 62);
  }
  return text;
}

/** Value of each base62 digit by character code; -1 for everything else. 128 entries. */
export const base62Values: Int8Array = Int8Array.from({ length: 128 }, (_, code) =>
  DIGITS.indexOf(String.fromCharCode(code)),
);

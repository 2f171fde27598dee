import { randomInt } from 'node:crypto';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const LENGTH = 16;

/** `user_…`: 16 random base62 digits (95 bits); says nothing of whom it names. */
export function newId(prefix: 'user' | 'va' | 'team' | 'client' | 'issuer' | 'invitation' | 'onboarding'): string {
  const digits = Array.from({ length: LENGTH }, () => DIGITS[randomInt(DIGITS.length)]);
  return `${prefix}_${digits.join('')}`;
}

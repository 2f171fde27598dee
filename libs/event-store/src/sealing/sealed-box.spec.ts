import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { deriveWrappingKey, newSubjectKey, openText, sealText, unwrapKey, wrapKey } from './sealed-box.js';
import { sealedFieldsOf } from './sealed-fields.js';

it('opens a box with its key and subject only, and never one that was changed', () => {
  const key = newSubjectKey();
  const box = sealText(key, 'user_1', 'text');
  expect(openText(key, 'user_1', box)).toBe('text');
  expect(openText(key, 'user_2', box)).toBeUndefined();
  expect(openText(newSubjectKey(), 'user_1', box)).toBeUndefined();
  const bytes = Buffer.from(box, 'base64url');
  bytes.writeUInt8(bytes.readUInt8(14) ^ 1, 14);
  expect(openText(key, 'user_1', bytes.toString('base64url'))).toBeUndefined();
  expect(openText(key, 'user_1', '')).toBeUndefined();
});

it('makes another box of the same text each time', () => {
  const key = newSubjectKey();
  expect(sealText(key, 'user_1', 'text')).not.toBe(sealText(key, 'user_1', 'text'));
});

it('wraps the key of a subject for that subject', () => {
  const wrapping = deriveWrappingKey(randomBytes(32));
  const key = newSubjectKey();
  const wrapped = wrapKey(wrapping, 'user_1', key);
  expect(unwrapKey(wrapping, 'user_1', wrapped)).toEqual(key);
  expect(unwrapKey(wrapping, 'user_2', wrapped)).toBeUndefined();
  expect(wrapped.includes(key)).toBe(false);
});

it('refuses a seal key that is too short', () => {
  expect(() => deriveWrappingKey(randomBytes(31))).toThrow(RangeError);
});

it('finds sealed fields at any depth, and nothing that only looks alike', () => {
  const sealed = { subjectId: 'user_1', box: 'b' };
  expect(sealedFieldsOf([{ a: [{ b: sealed }], c: { ...sealed, d: 1 }, e: null }, sealed])).toEqual([sealed, sealed]);
});

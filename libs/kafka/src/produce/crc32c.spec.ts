import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { crc32c } from './crc32c.js';

const theirs = createRequire(import.meta.url)('kafkajs/src/protocol/recordBatch/crc32C') as (bytes: Buffer) => number;

it('gives the check value of the algorithm', () => {
  expect(crc32c(Buffer.from('123456789'), 0, 9)).toBe(0xe3069283);
});

it('agrees with the sum taken byte by byte, at every length and from every place', () => {
  const bytes = Buffer.from(Array.from({ length: 300 }, (_, i) => (i * 151 + (i >> 3)) & 0xff));
  for (let from = 0; from < 10; from += 1) {
    for (let to = from; to <= bytes.length; to += 1) {
      expect(crc32c(bytes, from, to)).toBe(theirs(bytes.subarray(from, to)));
    }
  }
});

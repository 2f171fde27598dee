import { randomFillSync } from 'node:crypto';

/** Random bytes are drawn for so many ids at a time: one by one they would cost more than the rest of a decision. */
const idsPerDraw = 256;
const randomBytesPerId = 10;
const pool = Buffer.alloc(idsPerDraw * randomBytesPerId);
let used = pool.length;

/** A UUIDv7 (RFC 9562): milliseconds since 1970, then 74 random bits. Not ordered within one millisecond. */
export function decisionIdAt(atMs: number): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const random = pool.toString('hex', used, used + randomBytesPerId);
  used += randomBytesPerId;
  const time = Math.floor(atMs).toString(16).padStart(12, '0');
  // The two bits of the variant stand before the two that are left of a random digit.
  const variant = variants[Number.parseInt(random.charAt(3), 16) & 3];
  const head = `${time.slice(0, 8)}-${time.slice(8, 12)}-7${random.slice(0, 3)}`;
  return `${head}-${variant}${random.slice(4, 7)}-${random.slice(7, 19)}`;
}

const variants = ['8', '9', 'a', 'b'] as const;

/** One step per byte value, for code that walks over a text for other reasons too. */
export const crcTable = Int32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit += 1) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

/**
 * CRC-32 (IEEE 802.3, reflected) over the first `length` characters of an ASCII text. In script, because a call into
 * zlib costs more than 64 steps of a table.
 */
export function crc32Of(text: string, length: number): number {
  let crc = -1;
  for (let i = 0; i < length; i += 1) crc = (crcTable[(crc ^ text.charCodeAt(i)) & 255] ?? 0) ^ (crc >>> 8);
  return (crc ^ -1) >>> 0;
}

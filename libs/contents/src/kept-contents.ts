import { z } from 'zod';

/** Most bytes of a prompt, or of an answer, that can be kept: with both, and what encoding adds, a record fits on the bus. */
export const PIECE_BYTES_MAX = 192 * 1024;

/** A prompt or an answer, as the caller sent or got it. */
export const KeptPiece = z.strictObject({
  /** As it was named; '' where it was not. */
  contentType: z.string(),
  /** Of the whole, whatever of it is kept. */
  bytes: z.int().min(0),
  /** Why nothing of it is kept: a file, picture or sound (`media`), or compressed. */
  omitted: z.enum(['media', 'compressed']).nullable(),
  isTruncated: z.boolean(),
  /** Its first bytes. */
  base64: z.string(),
});
export type KeptPiece = z.output<typeof KeptPiece>;

/** What is kept of one call; in plain in memory alone. `answer` is null where none began. */
export const KeptContents = z.strictObject({ request: KeptPiece, answer: KeptPiece.nullable() });
export type KeptContents = z.output<typeof KeptContents>;

import { z } from 'zod';

/** Of header and body alike, and of both together. */
export const METADATA_PAIRS_MAX = 16;
export const METADATA_KEY_CHARACTERS_MAX = 128;
/** In the header a value has 128 at most; in a body OpenAI's own bound holds. */
export const METADATA_VALUE_CHARACTERS_MAX = 512;

/** What a call can say of itself. */
export const CallMetadata = z
  .record(z.string().min(1).max(METADATA_KEY_CHARACTERS_MAX), z.string().max(METADATA_VALUE_CHARACTERS_MAX))
  .refine((pairs) => Object.keys(pairs).length <= METADATA_PAIRS_MAX, `${METADATA_PAIRS_MAX} at most.`);

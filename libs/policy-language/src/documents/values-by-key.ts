import { z } from 'zod';
import { Texts } from './lists.js';

/** Of a tag or of metadata. */
export const Key = z.string().regex(/^[A-Za-z0-9_.-]{1,63}$/);

/** The values that a key may take, or `*` for any. */
const Values = z.union([z.literal('*'), Texts], { error: 'Expected a list of values, not empty, or "*" for any.' });

export const ValuesByKey = z.record(Key, Values);

const KEYS_MAX = 16;

/** Which calls, by what they say of themselves and what labels say of them: every key must be there, with such a value. */
export const WhenMetadata = ValuesByKey.refine((values) => {
  const keys = Object.keys(values).length;
  return keys >= 1 && keys <= KEYS_MAX;
}, `1 to ${KEYS_MAX} keys.`);

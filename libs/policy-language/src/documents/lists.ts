import { z } from 'zod';

/** A list that cannot be empty: an empty one would have to mean either nothing or everything, and people guess wrong. */
export const listOf = <Item extends z.ZodType>(item: Item, max = 500) =>
  z
    .array(item)
    .min(1, 'An empty list is refused: it would read as "everything" to some. Leave the field out, or name something.')
    .max(max);

/** Texts of up to 200 characters. */
export const Texts = listOf(z.string().min(1).max(200));

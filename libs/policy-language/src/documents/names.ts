import { z } from 'zod';

/** Names of documents: neither `@` nor white space nor `/`, since names stand in topic keys and resource paths. */
export const DocumentName = z
  .string()
  .regex(
    /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/,
    'Letters, digits, and dots, dashes or underscores inside; 63 at most.',
  );

/** A model is named `<account>/<model>`; the model part may also hold `:`. */
export const ModelName = z
  .string()
  .regex(
    /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?\/[A-Za-z0-9](?:[A-Za-z0-9._:-]{0,126}[A-Za-z0-9])?$/,
    'A model is named <account>/<model>: letters, digits, and dots, dashes, underscores or colons inside.',
  );

/** A tenant's name, or `platform`. */
export const TenantName = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'Lower-case letters, digits and inner dashes; 63 at most.');

/** The tenant whose documents hold in every tenant, present and future. */
export const PLATFORM = 'platform';

/** Ids of statements and rules inside a document. */
export const StatementId = z
  .string()
  .regex(
    /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/,
    'Letters, digits, and dots, dashes or underscores inside; 63 at most.',
  );

const PairKey = z
  .string()
  .regex(/^[A-Za-z0-9_.-]{1,63}$/, 'Letters, digits, dots, dashes and underscores; 63 at most.');

/** Tags and labels. */
export const Pairs = z
  .record(PairKey, z.string().min(1).max(128))
  .refine((pairs) => Object.keys(pairs).length <= 32, '32 at most.');

/** A decimal amount as text, so that no digit is lost: `"2.50"`. */
export const Decimal = z.string().regex(/^\d{1,12}(\.\d{1,8})?$/, 'A decimal number in quotes, such as "2.50".');

/** Free text for people. */
export const FreeText = z.string().min(1).max(500);

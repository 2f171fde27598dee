import type { IncomingMessage } from 'node:http';
import type { Refusal } from '../refusals/refusal.js';
import { invalidMetadata, NO_METADATA, pairsIn, type Metadata } from './pairs.js';

/** A JSON object of texts, for every surface; it ends here and never goes upstream. */
export const METADATA_HEADER = 'gatehouse-metadata';

const valueCharactersMax = 128;

/** Of a header that comes twice there is no telling which one is meant: joined by Node, the two are no JSON. */
export function readHeaderMetadata({ headers }: IncomingMessage): Metadata | Refusal {
  const text = headers[METADATA_HEADER];
  if (text === undefined) return NO_METADATA;
  const invalid = (why: string) => invalidMetadata(METADATA_HEADER, why);
  if (typeof text !== 'string') return invalid('may be sent once');
  // What a header's further bytes mean is up to its reader; JSON can say all of it in ASCII.
  if (/[^\x20-\x7e]/u.test(text)) return invalid('must be ASCII, with anything else as \\uXXXX');
  return pairsIn(text, METADATA_HEADER, valueCharactersMax);
}

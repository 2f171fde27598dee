import { valueOf, type Span } from '../body/scan-object.js';
import type { Refusal } from '../refusals/refusal.js';
import { invalidMetadata, KEY_CHARACTERS_MAX, NO_METADATA, PAIRS_MAX, pairsOf, type Metadata } from './pairs.js';

/** OpenAI's own bound, which is above the header's. */
const valueCharactersMax = 512;
/** All pairs at their longest, escaped as \uXXXX throughout. */
const bytesMax = PAIRS_MAX * (KEY_CHARACTERS_MAX + valueCharactersMax) * 6 + 1_024;

/** A body's `metadata`, as OpenAI's clients send it; it goes on to the upstream as it came. */
export function readBodyMetadata(bytes: Buffer, span: Span | undefined): Metadata | Refusal {
  if (!span || bytes[span.start] === 0x6e) return NO_METADATA;
  if (span.end - span.start > bytesMax) return invalidMetadata('metadata', 'is too long');
  const value = valueOf(bytes, span);
  return value === undefined
    ? invalidMetadata('metadata', 'cannot be read')
    : pairsOf(value, 'metadata', valueCharactersMax);
}

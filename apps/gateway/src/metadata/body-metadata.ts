import { METADATA_KEY_CHARACTERS_MAX, METADATA_PAIRS_MAX, METADATA_VALUE_CHARACTERS_MAX } from '#libs/policy-language';
import type { Span } from '../body/scan-object.js';
import type { Refusal } from '../refusals/refusal.js';
import { invalidMetadata, NO_METADATA, pairsIn, type Metadata } from './pairs.js';

/** All pairs at their longest, escaped as \uXXXX throughout. */
const bytesMax = METADATA_PAIRS_MAX * (METADATA_KEY_CHARACTERS_MAX + METADATA_VALUE_CHARACTERS_MAX) * 6 + 1_024;

/** A body's `metadata`, as OpenAI's clients send it; it goes on to the upstream as it came. */
export function readBodyMetadata(bytes: Buffer, span: Span | undefined): Metadata | Refusal {
  if (!span || bytes[span.start] === 0x6e) return NO_METADATA;
  if (span.end - span.start > bytesMax) return invalidMetadata('metadata', 'is too long');
  return pairsIn(bytes.toString('utf8', span.start, span.end), 'metadata', METADATA_VALUE_CHARACTERS_MAX);
}

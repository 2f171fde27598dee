import { METADATA_PAIRS_MAX } from '#libs/policy-language';
import type { Refusal } from '../refusals/refusal.js';
import { METADATA_HEADER } from './header-metadata.js';
import { invalidMetadata, NO_METADATA, type Metadata } from './pairs.js';

/** What a caller says of a call by header and body together. They may repeat each other, but not disagree. */
export function saidMetadata(header: Metadata, body: Metadata): Metadata | Refusal {
  if (header === NO_METADATA) return body;
  if (body === NO_METADATA) return header;
  const said = Object.assign(Object.create(null) as Record<string, string>, body);
  for (const [key, value] of Object.entries(header)) {
    if (key in said && said[key] !== value) {
      return invalidMetadata(METADATA_HEADER, `says something else of '${key}' than the body's 'metadata'`);
    }
    said[key] = value;
  }
  if (Object.keys(said).length <= METADATA_PAIRS_MAX) return said;
  return invalidMetadata(
    METADATA_HEADER,
    `and the body's 'metadata' have more than ${METADATA_PAIRS_MAX} pairs together`,
  );
}

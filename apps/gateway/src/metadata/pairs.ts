import { nameTwiceIn } from '#libs/http';
import { METADATA_KEY_CHARACTERS_MAX, METADATA_PAIRS_MAX } from '#libs/policy-language';
import { badRequest, type Refusal } from '../refusals/refusal.js';

/** What is said of a call: texts by name. Made here, it has no prototype: a pair named `constructor` is there or is not. */
export type Metadata = Readonly<Record<string, string>>;

export const NO_METADATA: Metadata = Object.freeze(Object.create(null) as Record<string, string>);

/** JSON text as pairs; `place` is the header or the field that it stood in, which a refusal names. */
export function pairsIn(text: string, place: string, valueCharactersMax: number): Metadata | Refusal {
  const invalid = (why: string) => invalidMetadata(place, why);
  const value = parsed(text);
  if (value === undefined) return invalid('is not valid JSON');
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return invalid('must be an object');
  if (nameTwiceIn(text)) return invalid('says something twice');
  const pairs = Object.entries(value as Record<string, unknown>);
  if (pairs.length > METADATA_PAIRS_MAX) return invalid(`has more than ${METADATA_PAIRS_MAX} pairs`);
  const made = Object.create(null) as Record<string, string>;
  for (const [key, said] of pairs) {
    if (key.length > METADATA_KEY_CHARACTERS_MAX)
      return invalid(`has a key of more than ${METADATA_KEY_CHARACTERS_MAX} characters`);
    if (typeof said !== 'string') return invalid(`must have texts as values, and '${key}' has another`);
    if (said.length > valueCharactersMax) {
      return invalid(`has more than ${valueCharactersMax} characters as the value of '${key}'`);
    }
    made[key] = said;
  }
  return made;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function invalidMetadata(place: string, why: string): Refusal {
  return badRequest('invalid_metadata', `'${place}' ${why}.`, place);
}

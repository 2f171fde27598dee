import { badRequest, type Refusal } from '../refusals/refusal.js';
import { valueOf, type Span } from './scan-object.js';

const pairsMax = 16;
const keyCharactersMax = 64;
const valueCharactersMax = 512;
/** All pairs at their longest, escaped as \uXXXX throughout. */
const bytesMax = pairsMax * (keyCharactersMax + valueCharactersMax) * 6 + 1_024;

const none: Readonly<Record<string, string>> = Object.freeze({});

/** The caller's own tags for a call: texts by name, within OpenAI's bounds. They are recorded, and conditions read them. */
export function readMetadata(bytes: Buffer, span: Span | undefined): Readonly<Record<string, string>> | Refusal {
  if (!span || bytes[span.start] === 0x6e) return none;
  const invalid = (why: string) => badRequest('invalid_metadata', `'metadata' ${why}.`, 'metadata');
  if (bytes[span.start] !== 0x7b) return invalid('must be an object');
  if (span.end - span.start > bytesMax) return invalid('is too long');
  const value = valueOf(bytes, span);
  if (value === undefined) return invalid('cannot be read');
  const pairs = Object.entries(value as Record<string, unknown>);
  if (pairs.length > pairsMax) return invalid(`has more than ${pairsMax} pairs`);
  for (const [key, value] of pairs) {
    if (key.length > keyCharactersMax) return invalid(`has a key of more than ${keyCharactersMax} characters`);
    if (typeof value !== 'string') return invalid('must have texts as values');
    if (value.length > valueCharactersMax) return invalid(`has a value of more than ${valueCharactersMax} characters`);
  }
  // Null-prototype: a pair named __proto__ is a pair.
  return Object.assign(Object.create(null), Object.fromEntries(pairs));
}

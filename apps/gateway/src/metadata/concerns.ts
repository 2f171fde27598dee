import { subjectsMeaning, type Principal } from '#libs/decision-engine';
import { isMatch, type MetadataPattern } from './metadata-pattern.js';
import type { Metadata } from './pairs.js';

/** Whose calls a document is about, and of what metadata; undefined for all. */
type About = { readonly subjects: ReadonlySet<string> | undefined; readonly metadata: MetadataPattern | undefined };

/** Whose call it is, and what is said of it. */
export type Concerned = { readonly principal: Principal; readonly metadata: Metadata };

export function concerns({ subjects, metadata: pattern }: About, { principal, metadata }: Concerned): boolean {
  if (pattern && !isMatch(pattern, metadata)) return false;
  return !subjects || [...subjectsMeaning(principal)].some((subject) => subjects.has(subject));
}

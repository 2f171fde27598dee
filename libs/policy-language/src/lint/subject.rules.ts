import type { Path } from '../bundle/source-map.js';
import { isSubject, readSubject } from '../documents/subject.js';
import type { Report } from './lint-context.js';

/** Each must name a principal or, where `patterns` are taken, a kind of principals. */
export function lintSubjects(
  subjects: readonly string[],
  path: Path,
  taking: 'patterns' | 'names',
  report: Report,
): void {
  for (const [n, text] of subjects.entries()) {
    const read = readSubject(text, taking);
    if (!isSubject(read)) report({ path: [...path, n], rule: 'unknown-subject', ...read });
  }
}

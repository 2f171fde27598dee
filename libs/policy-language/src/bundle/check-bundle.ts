import type { SourceFile } from './finding.js';
import { lintBundle, type CheckedBundle, type InForce } from './lint-bundle.js';
import { parseBundle } from './parse-bundle.js';

/** `parseBundle` and `lintBundle` in one, for whoever knows what is in force beforehand. Never throws. */
export function checkBundle(files: readonly SourceFile[], inForce: InForce): CheckedBundle {
  return lintBundle(parseBundle(files), inForce);
}

import type { Path } from '../bundle/source-map.js';
import { nearest } from '../matching/nearest.js';
import { isPattern, readResourcePattern } from '../matching/resource-pattern.js';
import type { LintContext, Report } from './lint-context.js';
import { lintPattern } from './pattern.rules.js';

/** Reports a model named in full that does not exist. The platform's documents may name models of any tenant. */
export function lintModelName(name: string, path: Path, context: LintContext, report: Report): void {
  const own = context.own('Model');
  const platform = context.platform('Model');
  if (own.has(name) || platform.has(name)) return;
  const meant = nearest(name, [...own, ...platform]);
  report({
    path,
    rule: 'unknown-model',
    severity: context.tenant === 'platform' ? 'warning' : 'error',
    message: `There is no model "${name}"${context.tenant === 'platform' ? ' on the platform' : ''}.`,
    suggestion: meant === undefined ? undefined : `Did you mean "${meant}"?`,
  });
}

/** Model names or globs without the `model:` in front, as Limits and Route write them. */
export function lintModelGlobs(
  globs: readonly string[],
  place: Path | ((n: number) => Path),
  context: LintContext,
  report: Report,
): void {
  for (const [n, text] of globs.entries()) {
    const path = typeof place === 'function' ? place(n) : [...place, n];
    const read = readResourcePattern(`model:${text}`);
    if (!isPattern(read)) {
      report({
        path,
        rule: 'never-matches',
        message: read.message,
        suggestion: `Write <account>/<model>, such as */${text}.`,
      });
    } else if (read.glob.literal !== undefined) lintModelName(read.glob.literal, path, context, report);
    else lintPattern(read, path, context, report);
  }
}

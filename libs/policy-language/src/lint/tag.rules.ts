import { didYouMean } from '../matching/nearest.js';
import { ENVIRONMENT_TAG } from '../vocabulary/closed-lists.js';
import type { LintContext, Report } from './lint-context.js';

/**
 * Holds a document's tags to the tenant's tag schema, where there is one: values to the declared ones. A key that is
 * not declared is an error when it looks like a misspelt one, else a warning: schemas are often begun with `env` alone.
 */
export function lintTags(
  { tags = {} }: { tags?: Record<string, string> | undefined },
  { tagSchema }: LintContext,
  report: Report,
): void {
  if (!tagSchema) return;
  const declared = Object.keys(tagSchema);
  for (const [key, value] of Object.entries(tags)) {
    const path = ['metadata', 'tags', key];
    const values = Object.hasOwn(tagSchema, key) ? tagSchema[key] : undefined;
    if (values === undefined && key !== ENVIRONMENT_TAG) {
      const suggestion = didYouMean(key, declared);
      const severity = suggestion ? 'error' : 'warning';
      report({ path, at: 'key', rule: 'unknown-tag', severity, message: `No tag "${key}" is declared.`, suggestion });
    } else if (Array.isArray(values) && !values.includes(value)) {
      const message = `"${value}" is no value of the tag "${key}": ${values.join(', ')}.`;
      report({ path, rule: 'unknown-value', message, suggestion: didYouMean(value, values) });
    }
  }
}

import type { Path } from '../bundle/source-map.js';
import { didYouMean } from '../matching/nearest.js';
import type { ResourcePattern } from '../matching/resource-pattern.js';
import { PLATFORM } from '../documents/names.js';
import { resourceTypes, type ResourceTypeDeclaration } from '../vocabulary/resource-types.js';
import type { LintContext, Report } from './lint-context.js';

const ONLY_STARS = 'Only * and ** stand for others: write several patterns instead of a list or a choice in one.';

/**
 * A pattern that has the shape of its type and yet names nothing: what no name can hold, such as the choices of
 * other languages (`{a,b}`, `?`, `[ab]`), and accounts or kinds that there are not. In a deny it would keep nobody out.
 */
export function lintPattern({ type, glob }: ResourcePattern, path: Path, context: LintContext, report: Report): void {
  if (type === undefined) return;
  const { characters }: ResourceTypeDeclaration = resourceTypes[type];
  const strange = characters && [...glob.source.replaceAll('*', '')].find((each) => !characters.test(each));
  if (strange !== undefined) {
    const message = `"${type}:${glob.source}" can never match: no ${type} has ${JSON.stringify(strange)} in its name.`;
    return report({ path, rule: 'never-matches', message, suggestion: ONLY_STARS });
  }
  const [first = '', ...rest] = glob.source.split('/');
  if (rest.length === 0 || first.includes('*')) return;
  if (type === 'policy' && !context.kinds.includes(first)) {
    const message = `There is no kind "${first}", so "policy:${glob.source}" can never match.`;
    report({ path, rule: 'never-matches', message, suggestion: didYouMean(first, context.kinds) });
  }
  if (type === 'model') lintAccount(first, path, context, report);
}

/** The account may come later, and the platform's documents speak of any tenant's: so it is no error. */
function lintAccount(account: string, path: Path, context: LintContext, report: Report): void {
  const known = [...context.own('ProviderAccount'), ...context.platform('ProviderAccount')];
  if (context.tenant === PLATFORM || known.includes(account)) return;
  const message = `There is no ProviderAccount "${account}", so the pattern matches nothing yet.`;
  const suggestion = didYouMean(account, known);
  report({ path, rule: 'unknown-provider-account', severity: 'warning', message, suggestion });
}

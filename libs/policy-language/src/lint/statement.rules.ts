import type { Path } from '../bundle/source-map.js';
import { actionsMatching } from '../matching/action-pattern.js';
import { didYouMean } from '../matching/nearest.js';
import { isPattern, readResourcePattern, type ResourcePattern } from '../matching/resource-pattern.js';
import { actionNames, actions as vocabulary, type Action } from '../vocabulary/actions.js';
import { resourceTypeNames, type ResourceType } from '../vocabulary/resource-types.js';
import type { LintContext, Report } from './lint-context.js';
import { lintModelName } from './model.rules.js';
import { lintPattern } from './pattern.rules.js';

type Scope = { readonly actions: readonly string[]; readonly resources?: readonly string[] | undefined };

/** Actions, resources, and whether any of the actions can ever concern each of the resources. */
export function lintScope(scope: Scope, path: Path, context: LintContext, report: Report): void {
  const resources = scope.resources && lintResources(scope.resources, [...path, 'resources'], context, report);
  const types = resources && typesOf(resources);
  const about = lintActions(scope.actions, [...path, 'actions'], report, types);
  for (const [n, pattern] of (resources ?? []).entries()) {
    if (!pattern?.type || about.size === 0 || about.has(pattern.type)) continue;
    const message = `None of the statement's actions is about a ${pattern.type}.`;
    report({ path: [...path, 'resources', n], rule: 'never-matches', message });
  }
}

/**
 * Each must stand for at least one action, about one of `types` where these are given. Answers the resource types that
 * the actions are about.
 */
export function lintActions(
  patterns: readonly string[],
  path: Path,
  report: Report,
  types?: ReadonlySet<ResourceType>,
): Set<ResourceType> {
  const found = new Set<ResourceType>();
  for (const [n, text] of patterns.entries()) {
    const matching = actionsMatching(text);
    for (const action of matching) found.add(vocabulary[action].type);
    const mistake = mistakeIn(text, matching, types);
    if (mistake) report({ path: [...path, n], ...mistake });
  }
  return found;
}

function mistakeIn(text: string, matching: readonly Action[], types: ReadonlySet<ResourceType> | undefined) {
  if (matching.length === 0) {
    const known = [...actionNames, ...resourceTypeNames.map((type) => `${type}:*`)];
    return { rule: 'unknown-action', message: `There is no action "${text}".`, suggestion: didYouMean(text, known) };
  }
  if (matching.some((action) => vocabulary[action].operatorOnly)) {
    return { rule: 'operator-only', message: `"${text}" is for operators; no document can grant it.` };
  }
  if (types && !text.startsWith('*') && !matching.some((action) => types.has(vocabulary[action].type))) {
    const message = `"${text}" concerns none of the resources that the statement names.`;
    return { rule: 'never-matches', message, suggestion: `Add a resource such as ${text.split(':')[0]}:**.` };
  }
  return undefined;
}

/** Each must be a pattern that can match, and a model named in full must exist. Undefined stands for a wrong one. */
export function lintResources(
  resources: readonly string[],
  path: Path,
  context: LintContext,
  report: Report,
): (ResourcePattern | undefined)[] {
  return resources.map((text, n) => {
    const read = readResourcePattern(text);
    if (isPattern(read)) {
      const { literal } = read.glob;
      if (read.type === 'model' && literal !== undefined) lintModelName(literal, [...path, n], context, report);
      else lintPattern(read, [...path, n], context, report);
      return read;
    }
    const suggestion = read.unknownType === undefined ? suggestShape(text) : suggestType(read.unknownType);
    const rule = read.unknownType === undefined ? 'never-matches' : 'unknown-resource-type';
    report({ path: [...path, n], rule, message: read.message, suggestion });
    return undefined;
  });
}

const suggestType = (type: string) => didYouMean(type, resourceTypeNames);

function suggestShape(text: string): string | undefined {
  if (text === '*') return 'Write "**" for everything.';
  const [type, path] = text.split(':');
  if (type === 'model' && path) return path.includes('/') ? undefined : `Did you mean "model:*/${path}"?`;
  return path === undefined && text.includes('/') ? `Did you mean "model:${text}"?` : undefined;
}

/** Undefined where a pattern reaches every type, or is wrong and so says nothing. */
function typesOf(patterns: readonly (ResourcePattern | undefined)[]): Set<ResourceType> | undefined {
  const types = new Set<ResourceType>();
  for (const pattern of patterns) {
    if (!pattern?.type) return undefined;
    types.add(pattern.type);
  }
  return types;
}

import { z } from 'zod';
import type { Path } from '../bundle/source-map.js';
import { listOf, Texts } from '../documents/lists.js';
import { Decimal, DocumentName, StatementId } from '../documents/names.js';
import { Key, WhenMetadata } from '../documents/values-by-key.js';
import { reportDuplicates } from '../lint/duplicates.js';
import type { LintContext, Report } from '../lint/lint-context.js';
import { lintModelGlobs } from '../lint/model.rules.js';
import { lintSubjects } from '../lint/subject.rules.js';
import { didYouMean } from '../matching/nearest.js';
import { defineKind } from './kind.js';

const windows = ['second', 'minute', 'hour', 'day', 'week', 'month'] as const;
const units = [
  ...windows.map((window) => `requests_per_${window}` as const),
  ...windows.map((window) => `tokens_per_${window}` as const),
  ...windows.map((window) => `cost_per_${window}` as const),
  'concurrent_requests',
] as const;
const named = ['tenant', 'user', 'virtual-account', 'principal', 'team', 'key', 'model', 'account'] as const;
/** `metadata.<key>` tells apart what labels say, and what the tenant's settings list. */
const Dimension = z.union([z.enum(named), z.templateLiteral(['metadata.', Key])], {
  error: `Expected ${named.join(', ')} or metadata.<key>.`,
});

const Rule = z
  .strictObject({
    id: StatementId,
    when: z.strictObject({
      subjects: Texts.optional(),
      models: Texts.optional(),
      metadata: WhenMetadata.optional(),
    }),
    /** A whole number, or for cost a decimal in quotes. */
    limit: z.union([z.int().min(0), Decimal], { error: 'Expected a whole number, or for cost a decimal in quotes.' }),
    unit: z.enum(units),
    /** Each combination of these has its own counter. */
    per: listOf(Dimension).optional(),
    alertsAtPercent: listOf(z.int().min(1).max(1_000)).optional(),
    /** What becomes of a call beyond it: refused, or led on by a Route, to what is no dearer. */
    onExceed: z.union([z.literal('refuse'), z.strictObject({ route: DocumentName })]).optional(),
    mode: z.enum(['enforce', 'observe']).optional(),
  })
  .refine(({ unit, limit }) => unit.startsWith('cost_') === (typeof limit === 'string'), {
    path: ['limit'],
    error: 'A cost is a decimal in quotes, such as "500.00"; everything else a whole number.',
  });

/** Gateways count in whole numbers up to 2^53 - 1, money in billionths. */
const COST_MAX = 9_000_000;

/** What no gateway could hold anybody to is refused, not ignored. */
function lintAmount({ unit, limit, mode }: z.output<typeof Rule>, path: Path, report: Report): void {
  if (unit.startsWith('cost_') && Number(limit) > COST_MAX) {
    const message = `A cost of more than ${COST_MAX} cannot be counted exactly.`;
    report({ path: [...path, 'limit'], rule: 'limit-too-large', message });
  }
  if (unit === 'concurrent_requests' && mode === 'observe') {
    const message = 'What calls occupy cannot be observed without being held to it.';
    report({ path: [...path, 'mode'], rule: 'not-in-force', message });
  }
}

/** A name that leads nowhere would refuse after all. */
function lintRoute({ onExceed }: z.output<typeof Rule>, path: Path, context: LintContext, report: Report): void {
  if (typeof onExceed !== 'object') return;
  const { route } = onExceed;
  const routes = [...context.own('Route'), ...context.platform('Route')];
  if (routes.includes(route)) return;
  const message = `There is no Route "${route}".`;
  const suggestion = didYouMean(route, routes);
  report({ path: [...path, 'onExceed', 'route'], rule: 'unknown-route', message, suggestion });
}

/** Whoever says nothing, or something else, is not held to the rule. */
function lintMetadata(keys: readonly string[], path: Path, context: LintContext, report: Report): void {
  for (const key of keys.filter((each) => !context.pinnedMetadata.has(each))) {
    const message = `The caller chooses metadata.${key}, so whoever says something else is not held to this.`;
    const suggestion = `List its values in requiredMetadata of the TenantSettings, or give every key a label ${key}.`;
    report({ path: [...path, key], rule: 'caller-chosen-attribute', severity: 'warning', message, suggestion });
  }
}

/** Rates and budgets. Every matching rule counts, and any exceeded one refuses. */
export const Limits = defineKind({
  kind: 'Limits',
  plural: 'limits',
  sentence: 'Rates and budgets; any exceeded rule refuses.',
  applyAction: 'limits:adjust',
  spec: z.strictObject({ rules: listOf(Rule) }),
  lint({ spec }, context, report) {
    reportDuplicates(spec.rules, ['spec', 'rules'], report);
    for (const [n, rule] of spec.rules.entries()) {
      lintAmount(rule, ['spec', 'rules', n], report);
      lintRoute(rule, ['spec', 'rules', n], context, report);
      const { when } = rule;
      const path = ['spec', 'rules', n, 'when'];
      if (when.subjects) lintSubjects(when.subjects, [...path, 'subjects'], 'patterns', report);
      lintMetadata(Object.keys(when.metadata ?? {}), [...path, 'metadata'], context, report);
      if (when.models) lintModelGlobs(when.models, [...path, 'models'], context, report);
    }
  },
});

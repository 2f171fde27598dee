import { z } from 'zod';
import { Decimal, ModelName } from '../documents/names.js';
import { listOf } from '../documents/lists.js';
import { ModelGrant } from '../documents/statement.js';
import { lintConditions } from '../lint/condition.rules.js';
import { lintActions } from '../lint/statement.rules.js';
import { lintSubjects } from '../lint/subject.rules.js';
import { didYouMean } from '../matching/nearest.js';
import { ENVIRONMENT_TAG, modelTypes } from '../vocabulary/closed-lists.js';
import { defineKind } from './kind.js';

/** Prices as decimal text; per million tokens unless the name says otherwise. */
const Cost = z.strictObject({
  inputPerMillion: Decimal.optional(),
  outputPerMillion: Decimal.optional(),
  cachedInputPerMillion: Decimal.optional(),
  cacheWritePerMillion: Decimal.optional(),
  perRequest: Decimal.optional(),
  perImage: Decimal.optional(),
  perMinute: Decimal.optional(),
  currency: z.string().regex(/^[A-Z]{3}$/, 'A currency code such as USD.'),
});

/** A model that callers can name, with the tags and price that decisions and budgets read. */
export const Model = defineKind({
  kind: 'Model',
  plural: 'models',
  sentence: 'A model of a provider account, named <account>/<model>.',
  applyAction: 'policy:apply',
  tagged: true,
  name: ModelName,
  spec: z.strictObject({
    upstreamModel: z.string().min(1).max(200),
    types: listOf(z.enum(modelTypes)),
    cost: Cost.optional(),
    grants: listOf(ModelGrant).optional(),
  }),
  lint({ metadata, spec }, context, report) {
    const [account = ''] = metadata.name.split('/');
    if (!context.own('ProviderAccount').has(account)) {
      // A tenant's model on a shared account would spend the platform's credential on any upstream model it names.
      const shared = context.platform('ProviderAccount').has(account);
      report({
        path: ['metadata', 'name'],
        rule: 'unknown-provider-account',
        message: shared
          ? `The account "${account}" is the platform's; only the platform can add models to it.`
          : `There is no ProviderAccount "${account}" in ${context.tenant}.`,
        suggestion: didYouMean(account, context.own('ProviderAccount')),
      });
    }
    if (!metadata.tags?.[ENVIRONMENT_TAG]) {
      report({
        path: ['metadata', 'name'],
        rule: 'model-without-environment',
        severity: 'warning',
        message: `A model without the tag "${ENVIRONMENT_TAG}" cannot be called.`,
        suggestion: `Add metadata.tags.${ENVIRONMENT_TAG}.`,
      });
    }
    for (const [n, grant] of (spec.grants ?? []).entries()) {
      const path = ['spec', 'grants', n];
      lintSubjects(grant.subjects, [...path, 'subjects'], 'names', report);
      lintActions(grant.actions, [...path, 'actions'], report, new Set(['model']));
      lintConditions({ ...grant, effect: 'allow' }, path, context, report);
    }
  },
});

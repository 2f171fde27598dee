import { z } from 'zod';
import { listOf, Texts } from '../documents/lists.js';
import { AllowStatement } from '../documents/statement.js';
import { lintConditions } from '../lint/condition.rules.js';
import { lintScope } from '../lint/statement.rules.js';
import { lintSubjects } from '../lint/subject.rules.js';
import { defineKind } from './kind.js';

/** A ceiling: each boundary that applies to a principal must allow; it never grants. */
export const Boundary = defineKind({
  kind: 'Boundary',
  plural: 'boundaries',
  sentence: 'A ceiling that every request of its subjects must stay under; it never grants.',
  applyAction: 'policy:apply',
  spec: z.strictObject({ appliesTo: Texts, allow: listOf(AllowStatement) }),
  lint({ spec }, context, report) {
    lintSubjects(spec.appliesTo, ['spec', 'appliesTo'], 'patterns', report);
    for (const [n, statement] of spec.allow.entries()) {
      const path = ['spec', 'allow', n];
      lintScope(statement, path, context, report);
      lintConditions({ ...statement, effect: 'allow' }, path, context, report);
    }
  },
});

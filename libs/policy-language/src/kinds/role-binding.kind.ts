import { z } from 'zod';
import { listOf, Texts } from '../documents/lists.js';
import { FreeText, StatementId } from '../documents/names.js';
import { lintResources } from '../lint/statement.rules.js';
import { lintSubjects } from '../lint/subject.rules.js';
import { didYouMean } from '../matching/nearest.js';
import { defineKind } from './kind.js';

/** Who holds which roles, perhaps on fewer resources and for a time. */
export const RoleBinding = defineKind({
  kind: 'RoleBinding',
  plural: 'role-bindings',
  sentence: 'Grants roles to subjects, perhaps on fewer resources and until a date.',
  applyAction: 'policy:apply',
  spec: z.strictObject({
    subjects: Texts,
    roles: listOf(StatementId),
    /** Narrows every statement of the roles, for these subjects. */
    resources: Texts.optional(),
    expires: z.iso
      .datetime({ offset: true, error: 'Expected a point in time such as 2026-12-31T00:00:00Z.' })
      .optional(),
    reason: FreeText.optional(),
  }),
  lint({ spec }, context, report) {
    lintSubjects(spec.subjects, ['spec', 'subjects'], 'names', report);
    if (spec.resources) lintResources(spec.resources, ['spec', 'resources'], context, report);
    const known = new Set([...context.builtInRoles, ...context.own('Role'), ...context.platform('Role')]);
    for (const [n, role] of spec.roles.entries()) {
      const path = ['spec', 'roles', n];
      if (!known.has(role)) {
        const message = `There is no role "${role}".`;
        report({ path, rule: 'unknown-role', message, suggestion: didYouMean(role, known) });
      } else if (role === 'analyst' && !spec.resources) {
        const message = 'The role analyst reaches only models that its binding names; this one names none.';
        report({
          path,
          rule: 'analyst-without-resources',
          severity: 'warning',
          message,
          suggestion: 'Add spec.resources.',
        });
      }
    }
  },
});

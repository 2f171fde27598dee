import { z } from 'zod';
import { listOf } from '../documents/lists.js';
import { RoleStatement } from '../documents/statement.js';
import { lintConditions } from '../lint/condition.rules.js';
import { lintScope } from '../lint/statement.rules.js';
import { reportDuplicates } from '../lint/duplicates.js';
import { defineKind } from './kind.js';

/** Statements under one name; what they allow holds for whom a RoleBinding names. */
export const Role = defineKind({
  kind: 'Role',
  plural: 'roles',
  sentence: 'Statements under one name, granted by role bindings.',
  applyAction: 'policy:apply',
  spec: z.strictObject({
    description: z.string().max(500).optional(),
    /** Lets statements leave out `resources`: they then reach everything in the tenant. */
    tenantWide: z.boolean().optional(),
    statements: listOf(RoleStatement, 1_000),
  }),
  lint({ metadata, spec }, context, report) {
    if (context.builtInRoles.has(metadata.name)) {
      const message = `"${metadata.name}" is a built-in role, which no document can change.`;
      report({ path: ['metadata', 'name'], rule: 'built-in-role', message, suggestion: 'Copy it under another name.' });
    } else if (context.platform('Role').has(metadata.name)) {
      const message = `The platform has a role "${metadata.name}"; bindings could mean either.`;
      report({ path: ['metadata', 'name'], rule: 'role-name-taken', message, suggestion: 'Take another name.' });
    }
    reportDuplicates(spec.statements, ['spec', 'statements'], report);
    for (const [n, statement] of spec.statements.entries()) {
      const path = ['spec', 'statements', n];
      if (!statement.resources && !spec.tenantWide) {
        report({
          path,
          rule: 'no-resource-selector',
          message: `The statement "${statement.id}" names no resources, so it would reach everything.`,
          suggestion: 'Add resources, or mark the role with spec.tenantWide: true.',
        });
      }
      lintScope(statement, path, context, report);
      lintConditions(statement, path, context, report);
    }
  },
});

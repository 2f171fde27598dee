import type { DocumentOf, PolicyDocument } from '#libs/policy-language';
import { SubjectBoundaries, type CompiledBoundary } from '../boundaries/compiled-boundary.js';
import { Grant, SubjectGrants } from '../statements/grant.js';
import type { StatementCompiler } from '../statements/statement-compiler.js';
import { inDocument } from './compile-error.js';
import type { CompiledSet } from './compiled-set.js';
import { DescriptionEdits } from './description-edits.js';
import type { DocumentSet } from './document-set.js';
import { GrantsOfRoles } from './grants-of-roles.js';
import { changesOf, type PlatformRoles } from './set-changes.js';
import { SubjectEdits } from './subject-edits.js';

/**
 * Compiles what differs between a compiled set and the documents that are to be in force; the work is in proportion to
 * that. Yields after each document, so that whoever runs it may do something else between two. Throws `CompileError`;
 * nothing is skipped, since a statement left out could have been a deny.
 */
export function* compileSet(
  former: CompiledSet,
  documents: DocumentSet,
  platform: PlatformRoles,
): Generator<void, CompiledSet> {
  const changes = changesOf(former, documents, platform);
  if (changes.size === 0) return former;
  const { statements } = former;
  const descriptions = new DescriptionEdits(former, documents);
  const roles = new GrantsOfRoles(documents, platform.after, statements);
  const grants = new SubjectEdits<Grant, SubjectGrants>(former.grants, (sources) => new SubjectGrants(sources));
  const boundaries = new SubjectEdits<CompiledBoundary, SubjectBoundaries>(
    former.boundaries,
    (sources) => new SubjectBoundaries(sources),
  );
  for (const [id, { before, after }] of changes) {
    descriptions.change(id, before, after);
    if (before?.kind === 'Boundary') boundaries.takeBack(id, before);
    if (before?.kind === 'RoleBinding' || before?.kind === 'Model') grants.takeBack(id, before);
    if (after) inDocument(after, () => give(id, after, { statements, roles, grants, boundaries }));
    yield;
  }
  const described = descriptions.done();
  return { ...described, grants: yield* grants.done(), boundaries: yield* boundaries.done(), statements };
}

type Compiling = {
  readonly statements: StatementCompiler;
  readonly roles: GrantsOfRoles;
  readonly grants: SubjectEdits<Grant, SubjectGrants>;
  readonly boundaries: SubjectEdits<CompiledBoundary, SubjectBoundaries>;
};

function give(id: string, document: PolicyDocument, { statements, roles, grants, boundaries }: Compiling): void {
  switch (document.kind) {
    case 'RoleBinding': {
      const held = document.spec.roles.map((name) => roles.of(name, document.spec));
      for (const subject of document.spec.subjects) for (const grant of held) grants.give(id, subject, grant);
      break;
    }
    case 'Model':
      for (const [n, { subjects, ...scope }] of (document.spec.grants ?? []).entries()) {
        const grant = grantOfModel(document, n, scope, statements);
        for (const subject of subjects) grants.give(id, subject, grant);
      }
      break;
    case 'Boundary': {
      const boundary = boundaryOf(document, statements);
      for (const subject of document.spec.appliesTo) boundaries.give(id, subject, boundary);
      break;
    }
    default:
  }
}

type ModelGrant = NonNullable<DocumentOf<'Model'>['spec']['grants']>[number];

function grantOfModel(
  { metadata: { name, tenant } }: DocumentOf<'Model'>,
  n: number,
  scope: Omit<ModelGrant, 'subjects'>,
  statements: StatementCompiler,
): Grant {
  const statement = { ...scope, effect: 'allow', resources: [`model:${name}`] } as const;
  return new Grant([statements.compile(`model/${name}/grants/${n}`, statement, { ofTenant: tenant })]);
}

function boundaryOf({ metadata: { name }, spec }: DocumentOf<'Boundary'>, statements: StatementCompiler) {
  const rows = spec.allow.map((statement, n) => {
    return statements.compile(`${name}/${statement.id ?? n}`, { ...statement, effect: 'allow' });
  });
  return { name, rows };
}

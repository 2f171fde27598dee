import { builtInRoles, PLATFORM, type DocumentOf, type PolicyDocument } from '#libs/policy-language';
import { CompiledBoundary } from '../boundaries/compiled-boundary.js';
import { Catalogue } from '../catalogue/catalogue.js';
import { TaggedResources } from '../catalogue/tagged-resources.js';
import { CellBudget, Grant, SubjectGrants } from '../statements/grant.js';
import type { Row } from '../statements/row.js';

import { StatementCompiler, type Narrowing, type Statement } from '../statements/statement-compiler.js';
import { SubjectIndex } from '../subjects/subject-index.js';
import { TenantSnapshot } from './tenant-snapshot.js';

/** Whole sets, as published: each `document` has passed `readDocument`. */
export type CompileInput = {
  readonly tenant: string;
  readonly documents: readonly PolicyDocument[];
  /** Of tenant `platform`; not looked at when that is the tenant. */
  readonly platformDocuments: readonly PolicyDocument[];
  readonly policyRevision: number;
  readonly platformRevision: number;
};

/** A set that cannot be compiled. Whoever holds an earlier snapshot keeps it, and says so. */
export class CompileError extends Error {
  override readonly name = 'CompileError';

  constructor(
    /** `Kind/name`. */
    readonly document: string,
    problem: string,
  ) {
    super(`${document}: ${problem}`);
  }
}

/**
 * Compiles what is in force in one tenant. Pure, and linear in documents and in what their patterns name; call it away
 * from the serving thread where sets are large. Throws `CompileError`; nothing is skipped, since a statement left out
 * could have been a deny.
 */
export function compile(input: CompileInput): TenantSnapshot {
  const { tenant, policyRevision, platformRevision } = input;
  const platform = tenant === PLATFORM ? [] : input.platformDocuments;
  const inForce = [...platform, ...input.documents];
  const catalogue = new Catalogue(input.documents, platform);
  const statements = new StatementCompiler(catalogue);
  const grants = compileGrants(inForce, catalogue, statements);
  const boundaries = compileBoundaries(inForce, statements);
  const { readsOperation } = statements;
  const compiled = { catalogue, tagged: new TaggedResources(inForce), grants, boundaries, readsOperation };
  return new TenantSnapshot(tenant, policyRevision, platformRevision, inForce, compiled);
}

type Binding = 'required' | 'ignored' | undefined;
type NamedStatement = Statement & { readonly id: string; readonly binding?: Binding };
type RoleSource = { readonly key: string; readonly name: string; readonly statements: readonly NamedStatement[] };

function compileGrants(
  documents: readonly PolicyDocument[],
  catalogue: Catalogue,
  compiler: StatementCompiler,
): SubjectIndex<SubjectGrants> {
  const budget = new CellBudget();
  const index = new SubjectIndex(() => new SubjectGrants(budget));
  const roles = new Roles(documents);
  const shared = new Map<string, Grant>();
  const grantOf = (role: RoleSource, narrowing: Narrowing) => {
    const key = JSON.stringify([role.key, narrowing.resources, narrowing.expiresAtMs]);
    let grant = shared.get(key);
    if (!grant) shared.set(key, (grant = new Grant(rowsOf(role, narrowing, compiler))));
    return grant;
  };
  for (const document of documents) {
    named(document, () => {
      // The grants of a platform model that a tenant's own model hides must not open the tenant's.
      if (document.kind === 'Model' && catalogue.find(document.metadata.name)?.tenant === document.metadata.tenant) {
        grantOfModel(document, compiler, index);
      }
      if (document.kind !== 'RoleBinding') return;
      const { subjects, resources, expires } = document.spec;
      const narrowing = { resources, expiresAtMs: expires === undefined ? Infinity : Date.parse(expires) };
      const granted = document.spec.roles.map((name) => grantOf(roles.find(name, document.metadata.tenant), narrowing));
      for (const subject of subjects) index.of(subject).grants.push(...granted);
    });
  }
  return index;
}

function rowsOf(role: RoleSource, narrowing: Narrowing, compiler: StatementCompiler): readonly Row[] {
  const rows: Row[] = [];
  for (const { id, binding, ...statement } of role.statements) {
    if (binding === 'required' && !narrowing.resources) continue;
    const { expiresAtMs } = narrowing;
    const narrowed = binding === 'ignored' ? { resources: undefined, expiresAtMs } : narrowing;
    rows.push(compiler.compile(`${role.name}/${id}`, statement, narrowed));
  }
  return rows;
}

function grantOfModel(
  { metadata, spec }: DocumentOf<'Model'>,
  compiler: StatementCompiler,
  index: SubjectIndex<SubjectGrants>,
): void {
  for (const [n, { subjects, ...scope }] of (spec.grants ?? []).entries()) {
    const statement = { ...scope, effect: 'allow', resources: [`model:${metadata.name}`] } as const;
    const row = compiler.compile(`model/${metadata.name}/grants/${n}`, statement, {
      resources: undefined,
      expiresAtMs: Infinity,
    });
    const grant = new Grant([row]);
    for (const subject of subjects) index.of(subject).grants.push(grant);
  }
}

/** Roles as a binding may name them: the built-in ones, then those of the binding's own tenant, then the platform's. */
class Roles {
  private readonly builtIn = new Map<string, RoleSource>(
    builtInRoles.map(({ name, statements }) => [name, { key: `built-in/${name}`, name, statements }]),
  );
  private readonly byTenant = new Map<string, RoleSource>();

  constructor(documents: readonly PolicyDocument[]) {
    for (const { kind, metadata, spec } of documents) {
      if (kind !== 'Role') continue;
      const { name, tenant } = metadata;
      this.byTenant.set(`${tenant}/${name}`, { key: `${tenant}/${name}`, name, statements: spec.statements });
    }
  }

  find(name: string, tenant: string): RoleSource {
    const role =
      this.builtIn.get(name) ?? this.byTenant.get(`${tenant}/${name}`) ?? this.byTenant.get(`${PLATFORM}/${name}`);
    if (!role) throw new TypeError(`unknown role ${name}`);
    return role;
  }
}

function compileBoundaries(
  documents: readonly PolicyDocument[],
  compiler: StatementCompiler,
): SubjectIndex<CompiledBoundary[]> {
  const index = new SubjectIndex<CompiledBoundary[]>(() => []);
  for (const document of documents) {
    if (document.kind !== 'Boundary') continue;
    named(document, () => {
      const { name } = document.metadata;
      const rows = document.spec.allow.map((statement, n) => {
        const allowing = { ...statement, effect: 'allow' } as const;
        return compiler.compile(`${name}/${statement.id ?? n}`, allowing, {
          resources: undefined,
          expiresAtMs: Infinity,
        });
      });
      const boundary = new CompiledBoundary(name, rows);
      for (const subject of document.spec.appliesTo) index.of(subject).push(boundary);
    });
  }
  return index;
}

/** Says which document a problem is in. */
function named({ kind, metadata }: PolicyDocument, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (error instanceof TypeError) throw new CompileError(`${kind}/${metadata.name}`, error.message);
    throw error;
  }
}

import { builtInRoles, type DocumentOf, type RoleStatement } from '#libs/policy-language';
import { Grant } from '../statements/grant.js';
import type { Row } from '../statements/row.js';
import type { StatementCompiler } from '../statements/statement-compiler.js';
import type { DocumentSet } from './document-set.js';

type RoleSource = {
  readonly name: string;
  readonly statements: readonly (RoleStatement & { readonly binding?: 'required' | 'ignored' })[];
};
type Bound = Pick<DocumentOf<'RoleBinding'>['spec'], 'resources' | 'expires'>;

const builtIn: ReadonlyMap<string, RoleSource> = new Map(builtInRoles.map((role) => [role.name, role]));

/**
 * Roles as a binding may name them: the built-in ones, then those of the binding's own set, then the platform's; and what
 * each grants as a binding narrows it, one object for equal bindings.
 */
export class GrantsOfRoles {
  private readonly made = new Map<string, Grant>();

  constructor(
    private readonly own: DocumentSet,
    private readonly platform: DocumentSet,
    private readonly statements: StatementCompiler,
  ) {}

  /** Throws a TypeError for a role that is nowhere. */
  of(name: string, bound: Bound): Grant {
    const key = JSON.stringify([name, bound.resources, bound.expires]);
    const known = this.made.get(key);
    if (known) return known;
    const grant = new Grant(this.rowsOf(this.find(name), bound));
    this.made.set(key, grant);
    return grant;
  }

  private find(name: string): RoleSource {
    const id = `Role/${name}`;
    const document = this.own.get(id) ?? this.platform.get(id);
    const role =
      builtIn.get(name) ?? (document?.kind === 'Role' ? { name, statements: document.spec.statements } : undefined);
    if (!role) throw new TypeError(`unknown role ${name}`);
    return role;
  }

  private rowsOf({ name, statements }: RoleSource, { resources, expires }: Bound): readonly Row[] {
    const expiresAtMs = expires === undefined ? Infinity : Date.parse(expires);
    const rows: Row[] = [];
    for (const { id, binding, ...statement } of statements) {
      if (binding === 'required' && !resources) continue;
      const narrowing = binding === 'ignored' ? { expiresAtMs } : { resources, expiresAtMs };
      rows.push(this.statements.compile(`${name}/${id}`, statement, narrowing));
    }
    return rows;
  }
}

import { isSubject, readSubject } from '#libs/policy-language';
import type { Principal } from '../request.js';

/** Something held per subject, found by principal without building a text: one map per kind of subject. */
export class SubjectIndex<Held> {
  private readonly users = new Map<string, Held>();
  private readonly virtualAccounts = new Map<string, Held>();
  private readonly teams = new Map<string, Held>();
  private readonly groups = new Map<string, Held>();
  private allUsers: Held | undefined;
  private allVirtualAccounts: Held | undefined;
  private everybody: Held | undefined;

  constructor(private readonly create: () => Held) {}

  /** What is held for `team:research`, `everyone`, `*`, `virtual-account:*`…; throws a TypeError for no subject. */
  of(text: string): Held {
    const subject = readSubject(text, 'patterns');
    if (!isSubject(subject)) throw new TypeError(subject.message);
    switch (subject.kind) {
      case 'any':
        return (this.everybody ??= this.create());
      case 'everyone':
        return (this.allUsers ??= this.create());
      case 'user':
        if (subject.name === '*') return (this.allUsers ??= this.create());
        return this.in(this.users, subject.name);
      case 'virtual-account':
        if (subject.name === '*') return (this.allVirtualAccounts ??= this.create());
        return this.in(this.virtualAccounts, subject.name);
      case 'team':
        return this.in(this.teams, subject.name);
      case 'idp-group':
        return this.in(this.groups, subject.name);
    }
  }

  /** Calls `visit` with everything held for a principal. A principal may be met twice by one thing, never missed. */
  visit(principal: Principal, visit: (held: Held) => void): void {
    const { kind, id, name, teams, groups } = principal;
    if (this.everybody) visit(this.everybody);
    if (kind === 'user') {
      if (this.allUsers) visit(this.allUsers);
      visitOne(this.users, id, visit);
    } else {
      if (this.allVirtualAccounts) visit(this.allVirtualAccounts);
      visitOne(this.virtualAccounts, id, visit);
      if (name !== undefined && name !== id) visitOne(this.virtualAccounts, name, visit);
    }
    for (let i = 0; i < teams.length; i++) visitOne(this.teams, teams[i], visit);
    for (let i = 0; i < groups.length; i++) visitOne(this.groups, groups[i], visit);
  }

  /** What is held for every principal there is. */
  forAll(): Held | undefined {
    return this.everybody;
  }

  /** Everything that is held, for whoever looks at all subjects; with the subject's text. */
  *entries(): Iterable<readonly [subject: string, held: Held]> {
    if (this.everybody) yield ['*', this.everybody];
    if (this.allUsers) yield ['everyone', this.allUsers];
    if (this.allVirtualAccounts) yield ['virtual-account:*', this.allVirtualAccounts];
    for (const [name, held] of this.users) yield [`user:${name}`, held];
    for (const [name, held] of this.virtualAccounts) yield [`virtual-account:${name}`, held];
    for (const [name, held] of this.teams) yield [`team:${name}`, held];
    for (const [name, held] of this.groups) yield [`idp-group:${name}`, held];
  }

  private in(map: Map<string, Held>, name: string): Held {
    const known = map.get(name);
    if (known !== undefined) return known;
    const created = this.create();
    map.set(name, created);
    return created;
  }
}

function visitOne<Held>(map: ReadonlyMap<string, Held>, name: string | undefined, visit: (held: Held) => void): void {
  if (name === undefined || map.size === 0) return;
  const held = map.get(name);
  if (held !== undefined) visit(held);
}

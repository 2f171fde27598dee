import { z } from 'zod';

/** A row of `changes`: JSON of what the thing was and is, '' for nothing. */
export type ChangedThingRow = {
  readonly resource_type: string;
  readonly resource: string;
  readonly before: string;
  readonly after: string;
};

/** Things by whose change somebody may have got a grant that they did not have before. */
export const GRANTING_THINGS = ['Role', 'RoleBinding', 'Model', 'user', 'virtual-account', 'team'] as const;

/** Of whom and of what nobody can say that it was held all the time. */
export class GrantedLately {
  /** What stands before the last `/` of a statement's id. */
  private readonly roles = new Set<string>();
  private readonly principals = new Set<string>();

  constructor(rows: Iterable<ChangedThingRow>) {
    for (const row of rows) this.take(row);
  }

  has(principalId: string, statement: string): boolean {
    return this.principals.has(principalId) || this.roles.has(statement.slice(0, statement.lastIndexOf('/')));
  }

  private take({ resource_type: type, resource, before, after }: ChangedThingRow): void {
    switch (type) {
      case 'Role':
        this.roles.add(resource);
        return;
      case 'Model':
        this.roles.add(`model/${resource}/grants`);
        return;
      case 'RoleBinding':
        for (const role of [before, after].flatMap(rolesOf)) this.roles.add(role);
        return;
      case 'team':
        for (const id of [before, after].flatMap(membersOf)) this.principals.add(id);
        return;
      default:
        this.principals.add(resource);
    }
  }
}

const Binding = z.object({ spec: z.object({ roles: z.array(z.string()) }) });
const Team = z.object({ members: z.array(z.string()).default([]) });

function rolesOf(json: string): readonly string[] {
  const read = json === '' ? undefined : Binding.safeParse(JSON.parse(json));
  return read?.data?.spec.roles ?? [];
}

/** All of them: one who was in it before may have come with this change's binding. */
function membersOf(json: string): readonly string[] {
  const read = json === '' ? undefined : Team.safeParse(JSON.parse(json));
  return read?.data?.members ?? [];
}

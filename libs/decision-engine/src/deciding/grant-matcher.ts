import type { ResourceView } from '../conditions/resource-view.js';
import type { AccessRequest } from '../request.js';
import type { Compiled } from '../snapshot/tenant-snapshot.js';
import type { Cell } from '../statements/cell.js';
import type { SubjectGrants } from '../statements/grant.js';
import { applies, holds, reaches, type Row } from '../statements/row.js';
import { Matches } from './matches.js';

/**
 * Finds the statements of a principal's roles that match one request. One instance serves all decisions of a thread,
 * one at a time: its fields are the working memory that a decision would otherwise allocate.
 */
export class GrantMatcher {
  readonly denies = new Matches();
  readonly allows = new Matches();
  private action = 0;
  private modelId = 0;
  private request!: AccessRequest;
  private resource!: ResourceView;

  match(compiled: Compiled, action: number, modelId: number, request: AccessRequest, resource: ResourceView): void {
    this.denies.clear();
    this.allows.clear();
    this.action = action;
    this.modelId = modelId;
    this.request = request;
    this.resource = resource;
    compiled.grants.visit(request.principal, this.visit);
  }

  private readonly visit = (held: SubjectGrants): void => {
    const cell = held.cell(this.action, this.modelId, this.resource);
    if (cell) this.lookUp(cell);
    else this.scan(held.rowsFor(this.action));
  };

  private lookUp({ deny, allow, conditional }: Cell): void {
    this.denies.add(deny);
    this.allows.add(allow);
    for (let i = 0; i < conditional.length; i++) {
      const group = conditional[i];
      if (group && holds(group, group.conditions, this.request, this.resource)) {
        (group.deny ? this.denies : this.allows).add(group.cited);
      }
    }
  }

  private scan(rows: readonly Row[]): void {
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      if (row && reaches(row, this.modelId, this.resource) && applies(row, this.modelId, this.request, this.resource)) {
        (row.deny ? this.denies : this.allows).add(row.cited);
      }
    }
  }
}

import type { ResourceView } from '../conditions/resource-view.js';
import { STATEMENTS_CITED_MAX } from '../decision.js';
import type { AccessRequest } from '../request.js';
import type { Compiled } from '../snapshot/tenant-snapshot.js';
import type { SubjectGrants } from '../statements/grant.js';
import { applies, reaches, type Row } from '../statements/row.js';
import type { Cell, RowSet } from '../statements/row-set.js';
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
    const grants = held.inForce();
    for (let i = 0; i < grants.length; i++) {
      const set = grants[i]?.forAction(this.action);
      if (!set) continue;
      if (set.isSmall) this.scan(set);
      else this.lookUp(set.cellOf(this.modelId, this.resource));
    }
  };

  private scan({ rows }: RowSet): void {
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      if (row && reaches(row, this.modelId, this.resource)) this.test(row);
    }
  }

  private lookUp({ deny, allow, conditional }: Cell): void {
    this.denies.add(deny);
    this.allows.add(allow);
    let matchedDenies = 0;
    let matchedAllows = 0;
    for (let i = 0; i < conditional.length; i++) {
      const row = conditional[i];
      // In order of their ids, denies first: once enough of them are there to cite, the rest would change nothing.
      if (!row || (row.deny ? matchedDenies : matchedAllows) >= STATEMENTS_CITED_MAX) continue;
      if (!this.test(row)) continue;
      if (row.deny) matchedDenies++;
      else matchedAllows++;
    }
  }

  private test(row: Row): boolean {
    if (!applies(row, this.modelId, this.request, this.resource)) return false;
    (row.deny ? this.denies : this.allows).add(row.cited);
    return true;
  }
}

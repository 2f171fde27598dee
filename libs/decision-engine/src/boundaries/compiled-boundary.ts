import type { ResourceView } from '../conditions/resource-view.js';
import type { AccessRequest } from '../request.js';
import { applies, reaches, type Row } from '../statements/row.js';

/** A ceiling: some of its rows must allow what its subjects do. */
export class CompiledBoundary {
  private readonly byAction: (Row[] | undefined)[] = [];

  constructor(
    readonly name: string,
    readonly rows: readonly Row[],
  ) {
    for (const row of rows) {
      for (const action of row.actions) (this.byAction[action] ??= []).push(row);
    }
  }

  /** A missing attribute fails the row, and where no other row allows, the boundary. */
  allows(action: number, modelId: number, request: AccessRequest, resource: ResourceView): boolean {
    const rows = this.byAction[action];
    if (!rows) return false;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      if (row && reaches(row, modelId, resource) && applies(row, modelId, request, resource)) return true;
    }
    return false;
  }
}

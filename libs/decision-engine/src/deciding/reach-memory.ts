import type { CompiledBoundary, SubjectBoundaries } from '../boundaries/compiled-boundary.js';
import type { CatalogueModel } from '../catalogue/catalogue.js';
import type { ResourceView } from '../conditions/resource-view.js';
import type { Principal } from '../request.js';
import type { SubjectGrants } from '../statements/grant.js';
import type { SubjectIndex } from '../subjects/subject-index.js';
import { cellOf, type Cell } from './cell.js';

/** Cells kept until they are put aside, and as many that were put aside: a cell that is asked for again comes back. */
const CELLS_MAX = 65_536;
/** Cells of one principal and action; the paths are callers' words, of which there is no end. */
const CELLS_OF_PROFILE_MAX = 4_096;

/** What concerns one principal: their subjects are looked up once, not for each decision. */
type Profile = {
  readonly principal: Principal;
  readonly held: readonly SubjectGrants[];
  readonly boundaries: readonly CompiledBoundary[];
  /** By path. */
  readonly cells: Map<string, Cell>;
};
type ByPrincipal = Map<string, Profile>;

/**
 * What was already looked up for the callers of one snapshot, so that the memory that decisions touch grows with who is
 * awake and not with how many policies there are. It knows nothing that the snapshot's documents do not say.
 */
export class ReachMemory {
  private young: (ByPrincipal | undefined)[] = [];
  private old: (ByPrincipal | undefined)[] = [];
  private cellsInYoung = 0;

  constructor(
    private readonly grants: SubjectIndex<SubjectGrants>,
    private readonly boundaries: SubjectIndex<SubjectBoundaries>,
  ) {}

  /** What a principal's statements say; `model` is the resource where it is a model. */
  cell(action: number, principal: Principal, model: CatalogueModel | undefined, resource: ResourceView): Cell {
    const profile = this.young[action]?.get(principal.id);
    if (profile === undefined || !isSame(profile.principal, principal)) {
      return this.cellIn(this.begin(action, principal), action, model, resource);
    }
    return profile.cells.get(resource.path) ?? this.cellIn(profile, action, model, resource);
  }

  private cellIn(
    { held, boundaries, cells }: Profile,
    action: number,
    model: CatalogueModel | undefined,
    resource: ResourceView,
  ): Cell {
    const known = cells.get(resource.path);
    if (known) return known;
    const cell = cellOf(held, boundaries, action, model, resource);
    if (this.cellsInYoung >= CELLS_MAX) {
      this.old = this.young;
      this.young = [];
      this.cellsInYoung = 0;
    }
    if (cells.size >= CELLS_OF_PROFILE_MAX) cells.clear();
    this.cellsInYoung += 1;
    cells.set(resource.path, cell);
    return cell;
  }

  private begin(action: number, principal: Principal): Profile {
    const profiles = (this.young[action] ??= new Map());
    const before = this.old[action]?.get(principal.id);
    const profile = before && isSame(before.principal, principal) ? before : this.profileOf(principal);
    this.cellsInYoung += profile.cells.size;
    profiles.set(principal.id, profile);
    return profile;
  }

  private profileOf(principal: Principal): Profile {
    const held: SubjectGrants[] = [];
    const boundaries: CompiledBoundary[] = [];
    this.grants.visit(principal, (grants) => held.push(grants));
    this.boundaries.visit(principal, (each) => boundaries.push(...each));
    return { principal, held, boundaries, cells: new Map() };
  }
}

/** Whether a profile of one is that of the other: it rests on these alone. Mostly they are one object. */
function isSame(one: Principal, other: Principal): boolean {
  if (one === other) return true;
  return (
    one.id === other.id &&
    one.kind === other.kind &&
    one.name === other.name &&
    isSameList(one.teams, other.teams) &&
    isSameList(one.groups, other.groups)
  );
}

function isSameList(one: readonly string[], other: readonly string[]): boolean {
  if (one === other) return true;
  if (one.length !== other.length) return false;
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false;
  return true;
}

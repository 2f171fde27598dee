import type { AccessRequest } from '#libs/decision-engine';
import type { Place } from '#libs/bus';
import { PLATFORM_TENANT, type PrincipalRecord, type TeamRecord, type TenantRecord } from '#libs/contracts';

/** A principal as the decision engine wants it. */
export type EnginePrincipal = AccessRequest['principal'];

/** What is held of one key `principal/<id>`. Without `record` it is missing, deleted from the topic, or unreadable. */
export type PrincipalEntry = {
  readonly id: string;
  readonly number: number;
  record: PrincipalRecord | undefined;
  /** A record came that could not be read: everything of this principal is denied until a readable one comes. */
  unreadable: boolean;
  place: Place | undefined;
  engine: EnginePrincipal | undefined;
};
export type TenantEntry = {
  readonly id: string;
  readonly number: number;
  record: TenantRecord | undefined;
  unreadable: boolean;
  place: Place | undefined;
};

/** What is held of one key `team/<tenant>/<name>`. */
export type TeamEntry = {
  readonly id: string;
  record: TeamRecord | undefined;
  unreadable: boolean;
  place: Place | undefined;
};

/** Principals and tenants by id, by number (what a credential's slot holds), by e-mail address and by name; teams by id. */
export class Directory {
  /**
   * `onNumbered` is told of each new number; `onMissing` is called for one that is not known, where another thread gives
   * them, and brings what was told of them so far.
   */
  constructor(
    private readonly onNumbered: (kind: 'principal' | 'tenant', id: string) => void = () => {},
    private readonly onMissing: () => void = () => {},
  ) {}

  private readonly principals = new Map<string, PrincipalEntry>();
  private readonly principalsByNumber: PrincipalEntry[] = [];
  private readonly tenants = new Map<string, TenantEntry>();
  private readonly tenantsByNumber: TenantEntry[] = [];
  private readonly teams = new Map<string, TeamEntry>();
  private readonly found = new Map<string, PrincipalEntry>();

  /** Made on first mention: a credential may come before its owner. */
  principal(id: string): PrincipalEntry {
    const known = this.principals.get(id);
    if (known) return known;
    const number = this.principalsByNumber.length;
    const entry = { id, number, record: undefined, unreadable: false, place: undefined, engine: undefined };
    this.principals.set(id, entry);
    this.principalsByNumber.push(entry);
    this.onNumbered('principal', id);
    return entry;
  }

  tenant(id: string): TenantEntry {
    const known = this.tenants.get(id);
    if (known) return known;
    const number = this.tenantsByNumber.length;
    const entry = { id, number, record: undefined, unreadable: false, place: undefined };
    this.tenants.set(id, entry);
    this.tenantsByNumber.push(entry);
    this.onNumbered('tenant', id);
    return entry;
  }

  team(id: string): TeamEntry {
    const known = this.teams.get(id);
    if (known) return known;
    const entry = { id, record: undefined, unreadable: false, place: undefined };
    this.teams.set(id, entry);
    return entry;
  }

  knownPrincipal(id: string): PrincipalEntry | undefined {
    return this.principals.get(id);
  }

  knownTenant(id: string): TenantEntry | undefined {
    return this.tenants.get(id);
  }

  knownTeam(id: string): TeamEntry | undefined {
    return this.teams.get(id);
  }

  principalNumbered(number: number): PrincipalEntry | undefined {
    if (number >= this.principalsByNumber.length) this.onMissing();
    return this.principalsByNumber[number];
  }

  tenantNumbered(number: number): TenantEntry | undefined {
    if (number >= this.tenantsByNumber.length) this.onMissing();
    return this.tenantsByNumber[number];
  }

  putPrincipal(entry: PrincipalEntry, record: PrincipalRecord | undefined, unreadable: boolean): void {
    for (const name of namesOf(entry.record)) if (this.found.get(name) === entry) this.found.delete(name);
    entry.record = record;
    entry.unreadable = unreadable;
    entry.engine = record && engineForm(record);
    for (const name of namesOf(record)) this.found.set(name, entry);
  }

  /** Whoever is not deleted and goes by that address (users) or name (virtual accounts) in the tenant. */
  byName(kind: PrincipalRecord['kind'], tenantId: string, name: string): PrincipalRecord | undefined {
    return this.found.get(nameOf(kind, tenantId, name))?.record;
  }

  principalEntries(): readonly PrincipalEntry[] {
    return this.principalsByNumber;
  }

  tenantEntries(): readonly TenantEntry[] {
    return this.tenantsByNumber;
  }

  teamEntries(): readonly TeamEntry[] {
    return [...this.teams.values()];
  }
}

/** The tenant stands first and holds no colon: no two tenants' names can read alike. */
function nameOf(kind: PrincipalRecord['kind'], tenantId: string, name: string): string {
  return `${tenantId}:${kind}:${kind === 'user' ? name.toLowerCase() : name}`;
}

function namesOf(record: PrincipalRecord | undefined): string[] {
  if (!record || record.status === 'deleted') return [];
  const name = record.kind === 'user' ? record.email : record.name;
  return name === null ? [] : [nameOf(record.kind, record.tenantId, name)];
}

/** Operators live in the tenant `platform`; a flag on anybody else's record makes nobody one. */
export function isOperator(record: PrincipalRecord): boolean {
  return record.operator && record.tenantId === PLATFORM_TENANT;
}

function engineForm(record: PrincipalRecord): EnginePrincipal {
  const { id, kind, tenantId: tenant, teams, groups, labels, name } = record;
  return Object.freeze({
    id,
    kind,
    tenant,
    teams,
    groups,
    labels,
    ...(isOperator(record) ? { operator: true } : {}),
    ...(name ? { name } : {}),
  });
}

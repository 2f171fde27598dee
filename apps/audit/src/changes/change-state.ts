/** What a thing was told to be, by the names of its events' fields; undefined while it does not exist. */
export type ChangeState = Readonly<Record<string, unknown>>;

/** What each event has of its own, and nothing that its thing is. */
const OF_THE_EVENT = new Set(['tenantId', 'at', 'reason', 'memberIds', 'principalId', 'endsTokens']);
/** MACs of secrets tell nobody anything, and whoever holds a pepper could try secrets against them; private keys, sealed or not. */
const OF_SECRETS = new Set(['mac', 'pepperVersion', 'privateKey']);

const STATUS: Readonly<Record<string, string>> = {
  suspended: 'suspended',
  resumed: 'active',
  disabled: 'disabled',
  enabled: 'active',
  revoked: 'revoked',
  deactivated: 'deactivated',
};
const BEGINS = new Set(['issued', 'created', 'registered', 'trusted', 'own-published', 'tokens-revoked']);
const ENDS = new Set(['deleted', 'erased', 'forgotten', 'released']);

/** Lists that events add one principal to, or take one from. */
const MEMBERS: Readonly<Record<string, { readonly list: string; readonly adds: boolean }>> = {
  'member-added': { list: 'members', adds: true },
  'member-removed': { list: 'members', adds: false },
  'manager-added': { list: 'managers', adds: true },
  'manager-removed': { list: 'managers', adds: false },
};

/**
 * What a thing is after an event, from what it was before. An event of a type that is not known here leaves its fields
 * in the state, so that a service may be newer than audit; MACs of secrets never do.
 * @param type `<app>.<thing>.<past>`
 */
export function stateAfter(
  before: ChangeState | undefined,
  type: string,
  data: Readonly<Record<string, unknown>>,
): ChangeState | undefined {
  const verb = type.slice(type.lastIndexOf('.') + 1);
  if (ENDS.has(verb)) return undefined;
  const former = BEGINS.has(verb) ? undefined : before;
  const members = MEMBERS[verb];
  if (members) return { ...former, [members.list]: membersAfter(former?.[members.list], members.adds, data) };
  const told = Object.fromEntries(Object.entries(data).filter(([name]) => !OF_THE_EVENT.has(name)));
  const status = STATUS[verb] ?? (BEGINS.has(verb) ? 'active' : undefined);
  return { ...former, ...withoutMacs(told), ...(status !== undefined && { status }) };
}

function membersAfter(held: unknown, adds: boolean, { principalId }: Readonly<Record<string, unknown>>): unknown[] {
  const others = (Array.isArray(held) ? (held as unknown[]) : []).filter((id) => id !== principalId);
  return adds ? [...others, principalId] : others;
}

function withoutMacs(told: ChangeState): ChangeState {
  const kept = Object.entries(told).filter(([name]) => !OF_SECRETS.has(name));
  return Object.fromEntries(kept.map(([name, value]) => [name, withoutMacsIn(value)]));
}

function withoutMacsIn(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutMacsIn);
  return typeof value === 'object' && value !== null ? withoutMacs(value as ChangeState) : value;
}

import type { DecisionReason } from '#libs/contracts';
import { compileRestrictions, type AccessRequest } from '#libs/decision-engine';
import type { RecordRow } from '../records/record-list.js';

/** The columns of `decisions` that a decision is made again from. */
export type DecidedRow = RecordRow & {
  readonly service: string;
  readonly principal_kind: string;
  readonly principal_id: string;
  readonly key_id: string;
  readonly ip: string;
  readonly operation: string;
  readonly action: string;
  readonly resource_type: string;
  readonly resource: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly outcome: string;
  readonly code: string;
  readonly reason: string;
  readonly statements: readonly string[];
  readonly applied_rules: readonly string[];
  readonly attributes: Readonly<Record<string, string>>;
  readonly policy_revision: number;
  readonly platform_revision: number;
  readonly identity_position: number;
  readonly engine_version: string;
};

/** What is known of callers by their changes, and not by the row: as it was at the row's position of identity. */
export type CallerFacts = {
  /** What the key was narrowed to; undefined if the key is not known. */
  readonly restrictions: unknown;
  /** Of a virtual account; documents may call it by its name. */
  readonly name: string | undefined;
  readonly operator: boolean;
};

/** Why a decision cannot be made again. */
export type Undecidable =
  /** Who the caller is, a limit or the request itself decided, and policy was not what refused or granted. */
  | 'not_by_policy'
  /** Several things, or a list of them, were decided in one. */
  | 'several_questions'
  /** A token's authorization details, or what a token's key is narrowed to, are in no record. */
  | 'narrowing_unknown'
  | 'documents_unknown';

const BY_POLICY: ReadonlySet<string> = new Set<DecisionReason>([
  'granted',
  'operator',
  'no_matching_rule',
  'explicit_deny',
  'boundary',
  'credential_restriction',
  'insufficient_scope',
  'ip_restriction',
  'unknown_model',
  'untagged_resource',
  // A route led elsewhere, and policy allowed that.
  'downgraded',
  'redirected',
]);

/** Undefined for a decision that policy made about one thing, by what the row alone says. */
export function undecidable(row: DecidedRow): Undecidable | undefined {
  const { attributes, outcome, reason, statements } = row;
  if (row.principal_kind === '' || !BY_POLICY.has(reason)) return 'not_by_policy';
  // What everybody may do with their own cites nothing.
  if (outcome === 'allow' && statements.length === 0) return 'not_by_policy';
  const isList = row.action === 'model:list' && row.service === 'gateway';
  const isSeveral = 'list.items' in attributes || row.resource.includes(',') || 'replayed' in attributes;
  if (isList || isSeveral) return 'several_questions';
  const isTokensKey = 'credential.restricted' in attributes && row.key_id === '';
  if ('credential.detailed' in attributes || isTokensKey) return 'narrowing_unknown';
  return undefined;
}

/** Whose policy decided. */
export const policyTenant = ({ attributes, tenant_id }: DecidedRow) => attributes['resource.tenant'] ?? tenant_id;

const DAY_MS = 86_400_000;

/** The question to the engine, as it was asked. */
export function requestOf(row: DecidedRow, facts: CallerFacts): AccessRequest {
  const { attributes } = row;
  const timeMs = Date.parse(row.at);
  const issuedAtMs = Date.parse(attributes['credential.issuedAt'] ?? row.at);
  const optional = (name: string) => ({ [name]: attributes[`resource.${name}`] });
  const scope = attributes['credential.scope'];
  return {
    principal: {
      id: row.principal_id,
      kind: row.principal_kind === 'user' ? 'user' : 'virtual-account',
      tenant: row.tenant_id,
      teams: listed(attributes['principal.teams']),
      groups: listed(attributes['principal.groups']),
      labels: labelled(attributes, 'principal.labels.'),
      operator: facts.operator,
      ...(facts.name !== undefined && { name: facts.name }),
    },
    action: row.action,
    resource: {
      type: row.resource_type,
      path: row.resource,
      tenant: policyTenant(row),
      ...optional('owner'),
      ...optional('team'),
      ...optional('name'),
      ...(row.resource_type !== 'model' && { tags: labelled(attributes, 'resource.tags.') }),
    },
    credential: {
      kind: attributes['credential.kind'] ?? '',
      labels: labelled(attributes, 'credential.labels.'),
      ageDays: Math.max(0, (timeMs - issuedAtMs) / DAY_MS),
      ...('credential.restricted' in attributes && { restrictions: compileRestrictions(facts.restrictions) }),
      ...(scope !== undefined && { scopes: scope.split(' ').filter((name) => name !== '') }),
    },
    request: { operation: row.operation, ip: row.ip, timeMs, metadata: row.metadata },
  };
}

const listed = (text = '') => (text === '' ? [] : text.split(','));

function labelled(attributes: Readonly<Record<string, string>>, prefix: string): Record<string, string> {
  const own = Object.entries(attributes).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(own.map(([name, value]) => [name.slice(prefix.length), value]));
}

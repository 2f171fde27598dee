import type { AccessDecided, Service } from '#libs/contracts';
import { callerText } from './caller-text.js';
import type { DecisionEntry } from './decision-entry.js';

type Recorded = Omit<AccessDecided, 'replica' | 'boot' | 'seq'>;

const USER_AGENT_MAX = 256;
const PATH_MAX = 1024;
const REQUEST_ID_MAX = 128;
const MODEL_MAX = 256;
const NONE: never[] = [];
const NOTHING: Record<string, string> = Object.freeze({});

/** The record of a decision, without what the spool adds. Texts that callers choose are cut, keys and addresses in them masked. */
export function accessDecided(entry: DecisionEntry, service: Service, engineVersion: string): Recorded {
  return {
    type: 'access.decided',
    decision_id: entry.decisionId,
    at: new Date(entry.atMs).toISOString(),
    request_id: callerText(entry.requestId, REQUEST_ID_MAX),
    service,
    tenant_id: entry.tenantId,
    principal_kind: entry.principalKind,
    principal_id: entry.principalId,
    key_id: entry.keyId,
    auth_method: entry.authMethod,
    operation: entry.operation,
    requested_model: callerText(entry.requestedModel ?? '', MODEL_MAX),
    resolved_model: entry.resolvedModel ?? '',
    provider_account: entry.providerAccount ?? '',
    environment: entry.environment ?? '',
    metadata: entry.metadata ?? NOTHING,
    policy_revision: entry.policyRevision ?? 0,
    platform_revision: entry.platformRevision ?? 0,
    ip: entry.ip,
    user_agent: callerText(entry.userAgent, USER_AGENT_MAX),
    http_method: entry.httpMethod,
    path: callerText(entry.path, PATH_MAX),
    action: entry.action,
    resource_type: entry.resourceType,
    resource: callerText(entry.resource, PATH_MAX),
    outcome: entry.outcome,
    code: entry.code,
    reason: entry.reason,
    statements: (entry.statements as string[] | undefined) ?? NONE,
    applied_rules: (entry.appliedRules as string[] | undefined) ?? NONE,
    attributes: entry.attributes ?? NOTHING,
    identity_position: entry.identityPosition ?? 0,
    engine_version: engineVersion,
    http_status: entry.httpStatus,
    stale_ms: entry.staleMs ?? 0,
    count: 1,
  };
}

import { AccessDecided, CallCompleted, DecisionBatch, type DecisionRecord, type TopicSpec } from '#libs/contracts';
import { v7 } from 'uuid';
import type { SpoolRecord, UnverifiedRecord } from '../append/record-writer.js';

/** Four partitions, as specs on the real log create it. */
export const topicSpec = (name: string): TopicSpec => ({ name, partitions: 4, config: {} });

const identity = {
  at: '2026-11-23T09:00:00.000Z',
  request_id: 'req-1',
  service: 'gateway',
  principal_kind: 'user',
  principal_id: 'user_0123456789abcdef',
  key_id: 'abcdefghijkl',
  auth_method: 'api_key',
  operation: 'chat.completions',
  requested_model: 'openai-main/gpt-4',
  resolved_model: 'openai-main/gpt-4',
  provider_account: 'openai-main',
  environment: 'production',
  metadata: { feature: 'search' },
  policy_revision: 3,
  platform_revision: 1,
} as const;

export function decided(
  tenantId = 'acme',
  more: Partial<AccessDecided> = {},
): SpoolRecord & { type: 'access.decided' } {
  return {
    type: 'access.decided',
    decision_id: v7(),
    ...identity,
    tenant_id: tenantId,
    ip: '203.0.113.9',
    user_agent: 'openai-node/7.57.0',
    http_method: 'POST',
    path: '/v1/chat/completions',
    action: 'model:invoke',
    resource_type: 'model',
    resource: 'openai-main/gpt-4',
    outcome: 'allow',
    code: '',
    reason: 'granted',
    statements: ['developer/invoke'],
    applied_rules: [],
    attributes: {},
    identity_position: 1042,
    engine_version: '1',
    http_status: 200,
    stale_ms: 0,
    count: 1,
    ...more,
  };
}

/** Not a model call: nothing follows it. */
export const listed = (tenantId = 'acme') => decided(tenantId, { action: 'model:list', operation: 'models.list' });

export function completed(decisionId: string, tenantId = 'acme'): SpoolRecord {
  return {
    type: 'call.completed',
    decision_id: decisionId,
    ...identity,
    tenant_id: tenantId,
    stream: false,
    provider_name: 'openai',
    response_model: 'gpt-4',
    input_tokens: 12,
    cached_input_tokens: 0,
    output_tokens: 34,
    reasoning_tokens: 0,
    cost: '0.00123',
    currency: 'USD',
    usage_source: 'upstream',
    latency_ms: 812.5,
    time_to_first_token_ms: 99,
    http_status: 200,
    source: 'upstream',
    outcome: 'completed',
    error_type: '',
    error_message: '',
    finish_reason: 'stop',
  };
}

export function refused(ip: string, more: Partial<UnverifiedRecord> = {}): UnverifiedRecord {
  const { count: _, ...record } = decided('') as AccessDecided;
  const none = { principal_kind: '', principal_id: '', key_id: '', auth_method: '', resolved_model: '' } as const;
  const refusal = { outcome: 'deny', code: 'invalid_api_key', reason: 'key_unknown', http_status: 401 } as const;
  return { ...record, ...none, ...refusal, ip, statements: [], ...more };
}

/** What a Kafka record holds, checked against the contract. */
export const recordsOf = (value: Buffer): readonly DecisionRecord[] =>
  DecisionBatch.parse(JSON.parse(value.toString())).records;
export { AccessDecided, CallCompleted };

import { decisionPartition, type AccessDecided, type CallCompleted, type DecisionRecord } from '#libs/contracts';
import type { Bus, OutgoingRecord, TopicSpec } from '#libs/bus';
import { v7 } from 'uuid';

type Writer = { readonly replica: string; readonly boot: string };
type Change<Record> = Partial<Omit<Record, 'type'>>;

const identity = {
  request_id: 'req-1',
  service: 'gateway',
  principal_kind: 'user',
  principal_id: 'user_dev',
  key_id: 'k00000000001',
  auth_method: 'api_key',
  operation: 'chat',
  requested_model: 'local/llama-3',
  resolved_model: 'local/llama-3',
  provider_account: 'local',
  environment: 'production',
  metadata: { feature: 'search' },
  policy_revision: 4,
  platform_revision: 2,
} as const;

/** Numbers records as a spool does: dense per partition. */
export class SpoolTwin {
  private readonly seqs = new Map<number, number>();

  constructor(
    readonly topic: TopicSpec,
    readonly writer: Writer = { replica: 'gateway-1', boot: v7() },
  ) {}

  decided(change: Change<AccessDecided> = {}): AccessDecided {
    return {
      type: 'access.decided',
      ...this.common(change.tenant_id),
      ip: '10.0.0.1',
      user_agent: 'openai/7',
      http_method: 'POST',
      path: '/v1/chat/completions',
      action: 'model:invoke',
      resource_type: 'model',
      resource: 'local/llama-3',
      outcome: 'allow',
      code: '',
      reason: 'granted',
      statements: ['developer/models'],
      applied_rules: [],
      attributes: { 'principal.kind': 'user' },
      identity_position: 7,
      engine_version: '1',
      http_status: 200,
      stale_ms: 0,
      count: 1,
      ...change,
    };
  }

  completed(
    { decision_id, tenant_id, principal_id }: Pick<AccessDecided, 'decision_id' | 'tenant_id' | 'principal_id'>,
    change: Change<CallCompleted> = {},
  ): CallCompleted {
    return {
      type: 'call.completed',
      ...this.common(tenant_id),
      decision_id,
      principal_id,
      stream: false,
      provider_name: 'openai',
      response_model: 'llama-3',
      input_tokens: 12,
      cached_input_tokens: 0,
      output_tokens: 5,
      reasoning_tokens: 0,
      cost: '0.000170',
      currency: 'USD',
      usage_source: 'upstream',
      latency_ms: 41.730000000000004,
      time_to_first_token_ms: 12.1,
      http_status: 200,
      source: 'upstream',
      outcome: 'completed',
      error_type: '',
      error_message: '',
      finish_reason: 'stop',
      ...change,
    };
  }

  private common(tenant = 'acme') {
    const partition = decisionPartition(tenant, this.topic.partitions);
    const seq = (this.seqs.get(partition) ?? 0) + 1;
    this.seqs.set(partition, seq);
    const at = new Date().toISOString();
    return { ...identity, ...this.writer, decision_id: v7(), at, tenant_id: tenant, seq };
  }
}

/** Records as the spool's publisher sends them: of one partition each, in the order given. */
export function batches(topic: TopicSpec, records: readonly DecisionRecord[], sizeMax = 8): OutgoingRecord[] {
  const partitions = Map.groupBy(records, ({ tenant_id }) => decisionPartition(tenant_id, topic.partitions));
  return [...partitions].flatMap(([partition, own]) =>
    Array.from({ length: Math.ceil(own.length / sizeMax) }, (_, index) => {
      const value = JSON.stringify({ records: own.slice(index * sizeMax, (index + 1) * sizeMax) });
      return { topic: topic.name, key: String(partition), partition, value };
    }),
  );
}

export const publish = (bus: Bus, topic: TopicSpec, records: readonly DecisionRecord[]) =>
  bus.publish(batches(topic, records));

import { decisionPartition, topics, type CallCompleted } from '#libs/contracts';
import type { Bus, OutgoingRecord } from '#libs/bus';
import { v7 } from 'uuid';

const call: Omit<CallCompleted, 'decision_id' | 'replica' | 'boot' | 'seq'> = {
  type: 'call.completed',
  at: '2026-11-28T09:00:30.000Z',
  request_id: 'req-1',
  service: 'gateway',
  tenant_id: 'acme',
  principal_kind: 'user',
  principal_id: 'user_con',
  key_id: 'k00000000001',
  auth_method: 'api_key',
  operation: 'chat',
  requested_model: 'local/llama-3',
  resolved_model: 'local/llama-3',
  provider_account: 'local',
  environment: 'production',
  metadata: {},
  policy_revision: 4,
  platform_revision: 2,
  stream: false,
  provider_name: 'openai',
  response_model: 'llama-3',
  input_tokens: 12,
  cached_input_tokens: 0,
  output_tokens: 5,
  reasoning_tokens: 0,
  cost: '0.00017',
  currency: 'USD',
  usage_source: 'upstream',
  latency_ms: 40,
  time_to_first_token_ms: 12,
  http_status: 200,
  source: 'upstream',
  outcome: 'completed',
  error_type: '',
  error_message: '',
  finish_reason: 'stop',
};

/** What gateways say of calls, numbered as one spool numbers them: dense per partition. */
export class GatewayTwin {
  readonly boot = v7();
  private readonly seqs = new Map<number, number>();

  constructor(
    private readonly topic: { readonly name: string; readonly partitions: number } = topics.gatewayDecisions,
    private readonly replica = 'gateway-1',
  ) {}

  completed(change: Partial<CallCompleted> = {}): CallCompleted {
    const tenant_id = change.tenant_id ?? call.tenant_id;
    const partition = decisionPartition(tenant_id, this.topic.partitions);
    const seq = (this.seqs.get(partition) ?? 0) + 1;
    this.seqs.set(partition, seq);
    return { ...call, decision_id: v7(), replica: this.replica, boot: this.boot, seq, ...change };
  }

  /** Records of one tenant as one Kafka record. */
  batch(records: readonly object[], tenantId = call.tenant_id): OutgoingRecord {
    const partition = decisionPartition(tenantId, this.topic.partitions);
    return { topic: this.topic.name, key: String(partition), partition, value: JSON.stringify({ records }) };
  }

  send(bus: Pick<Bus, 'publish'>, ...records: readonly CallCompleted[]) {
    return bus.publish(records.map((record) => this.batch([record], record.tenant_id)));
  }
}

/** One topic as it is created; `config` holds Kafka's own names. */
export type TopicSpec = {
  readonly name: string;
  readonly partitions: number;
  readonly config: Readonly<Record<string, string>>;
};

const DAY_MS = 86_400_000;
const forEver = { 'cleanup.policy': 'delete', 'retention.ms': '-1', 'retention.bytes': '-1' };
const retained = (days: number) => ({ 'cleanup.policy': 'delete', 'retention.ms': String(days * DAY_MS) });

/** How long a compacted topic keeps a tombstone; a snapshot file must be younger. */
export const COMPACTION_RETENTION_MS = 7 * DAY_MS;

/** Small segments, so that compaction reaches recent records; an hour's lag, so that a reader of now sees all of now. */
const compacted = {
  'cleanup.policy': 'compact',
  'min.compaction.lag.ms': '3600000',
  'delete.retention.ms': String(COMPACTION_RETENTION_MS),
  'segment.ms': '3600000',
  'segment.bytes': '16777216',
};

/** Claims on windows: those of windows that are over are removed by tombstones, which nobody needs for long. */
const claims = { ...compacted, 'delete.retention.ms': '3600000' };

const topic = (name: string, partitions: number, config: Record<string, string>): TopicSpec => ({
  name,
  partitions,
  config: { 'max.message.bytes': '2097152', 'message.timestamp.type': 'LogAppendTime', ...config },
});

/**
 * Every topic of the system. State topics have one partition on purpose: total order makes a position a watermark.
 * The number of partitions of decision topics is fixed for ever: it is part of `seq`'s key.
 */
export const topics = {
  identityEvents: topic('identity.events.v1', 1, forEver),
  policyEvents: topic('policy.events.v1', 1, forEver),
  auditEvents: topic('audit.events.v1', 1, forEver),
  identityState: topic('identity.state.v1', 1, compacted),
  policyState: topic('policy.state.v1', 1, compacted),
  policySecrets: topic('policy.secrets.v1', 1, compacted),
  identityOnboardings: topic('identity.onboardings.v1', 1, compacted),
  policyOnboardings: topic('policy.onboardings.v1', 1, compacted),
  gatewayDecisions: topic('gateway.decisions.v1', 8, retained(7)),
  identityDecisions: topic('identity.decisions.v1', 2, retained(7)),
  policyDecisions: topic('policy.decisions.v1', 2, retained(7)),
  auditDecisions: topic('audit.decisions.v1', 2, retained(7)),
  gatewayUsage: topic('gateway.usage.v1', 16, claims),
  /** Ciphertext; audit has stored it long before. */
  gatewayContents: topic('gateway.contents.v1', 4, { ...retained(3), 'retention.bytes': '8589934592' }),
  gatewayReplicas: topic('gateway.replicas.v1', 1, compacted),
  auditContentKeys: topic('audit.content-keys.v1', 1, compacted),
  auditFindings: topic('audit.findings.v1', 1, retained(30)),
  auditKeyUses: topic('audit.key-uses.v1', 1, retained(7)),
  auditDeadLetter: topic('audit.dead-letter.v1', 1, retained(30)),
  identityDeadLetter: topic('identity.dead-letter.v1', 1, retained(30)),
  policyDeadLetter: topic('policy.dead-letter.v1', 1, retained(30)),
} as const;

export type Service = 'identity' | 'policy' | 'gateway' | 'audit';

/** Where each service's decision records go. */
export const decisionTopics: Readonly<Record<Service, TopicSpec>> = {
  gateway: topics.gatewayDecisions,
  identity: topics.identityDecisions,
  policy: topics.policyDecisions,
  audit: topics.auditDecisions,
};

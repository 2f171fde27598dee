import { z } from 'zod';
import { AccessDecided } from './access-decided.record.js';
import { CallCompleted } from './call-completed.record.js';

/** Most decisions that one Kafka record carries. */
export const DECISIONS_PER_RECORD_MAX = 64;

export const DecisionRecord = z.discriminatedUnion('type', [AccessDecided, CallCompleted]);
export type DecisionRecord = z.output<typeof DecisionRecord>;

/** The value of one Kafka record on `<service>.decisions.v1`: decisions of one partition, in `seq` order. */
export const DecisionBatch = z.strictObject({
  records: z.array(DecisionRecord).min(1).max(DECISIONS_PER_RECORD_MAX),
});
export type DecisionBatch = z.output<typeof DecisionBatch>;

/**
 * The partition that carries a tenant's decisions: FNV-1a (32 bit) over the UTF-16 code units of the tenant's id, modulo
 * `partitions`. All decisions of a tenant keep their order; the number of partitions is fixed for ever.
 */
export function decisionPartition(tenantId: string, partitions: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < tenantId.length; i += 1) hash = Math.imul(hash ^ tenantId.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % partitions;
}

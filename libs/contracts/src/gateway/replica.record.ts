import { z } from 'zod';

/** How far a replica has applied one state topic. */
export const AppliedPosition = z.object({
  offset: z.string(),
  generation: z.int(),
  epoch: z.int(),
  position: z.int(),
});
export type AppliedPosition = z.output<typeof AppliedPosition>;

/**
 * Key: the replica's name, on `gateway.replicas.v1`. A report is an acknowledgement: positions at or below the reported
 * ones are in force in every thread of that replica. Sent after each applied batch (at most every 20 ms) and each
 * second. `stopped` is the last word of a replica that went down in order.
 */
export const ReplicaRecord = z.object({
  replica: z.string(),
  service: z.string(),
  boot: z.string(),
  at: z.iso.datetime(),
  /** By topic name. */
  applied: z.record(z.string(), AppliedPosition),
  stopped: z.boolean(),
});
export type ReplicaRecord = z.output<typeof ReplicaRecord>;

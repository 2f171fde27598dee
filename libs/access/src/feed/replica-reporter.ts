import { deriveMacKey, sealRecord, type Applied, type Bus, type MacKey } from '#libs/bus';
import type { ReplicaRecord } from '#libs/contracts';
import { v7 } from 'uuid';

/** Tells the world how far this replica is. A gateway puts one in place that reports the least of all its threads. */
export interface ReplicaReporter {
  /** Resolves when the broker has acknowledged a report of at least `applied`. */
  report(applied: Readonly<Record<string, Applied>>): Promise<void>;
  /** The last report of an orderly stop. */
  stopped(applied: Readonly<Record<string, Applied>>): Promise<void>;
}

export type KafkaReplicaReporterOptions = {
  readonly bus: Bus;
  readonly busKey: Uint8Array;
  readonly topic: string;
  readonly service: string;
  readonly replica: string;
  readonly boot: string;
  readonly nowMs: () => number;
};

/**
 * Reports on `gateway.replicas.v1`, keyed by the replica's name. Sealed as state records are: a report is proof of
 * propagation, so write access to the topic alone must not make one. Its epoch is the moment of the boot, its position a
 * count: a former process of the same name never overrides its successor.
 */
export class KafkaReplicaReporter implements ReplicaReporter {
  private readonly macKey: MacKey;
  private readonly epoch: number;
  private count = 0;

  constructor(private readonly options: KafkaReplicaReporterOptions) {
    this.macKey = deriveMacKey(options.busKey);
    this.epoch = Math.max(0, Math.floor(options.nowMs()));
  }

  report(applied: Readonly<Record<string, Applied>>): Promise<void> {
    return this.publish(applied, false);
  }

  stopped(applied: Readonly<Record<string, Applied>>): Promise<void> {
    return this.publish(applied, true);
  }

  private async publish(applied: Readonly<Record<string, Applied>>, stopped: boolean): Promise<void> {
    const { bus, topic, service, replica, boot, nowMs } = this.options;
    const at = new Date(nowMs()).toISOString();
    const report: ReplicaRecord = { replica, service, boot, at, applied: plain(applied), stopped };
    this.count += 1;
    const record = {
      topic,
      key: replica,
      value: Buffer.from(JSON.stringify(report)),
      generation: 0,
      epoch: this.epoch,
      position: this.count,
    };
    const envelope = {
      id: v7(),
      source: `/${service}/${replica}`,
      type: 'gateway.replica.reported',
      time: at,
      schema: 1,
    };
    await bus.publish([sealRecord(this.macKey, record, envelope)]);
  }
}

function plain(applied: Readonly<Record<string, Applied>>): ReplicaRecord['applied'] {
  return Object.fromEntries(
    Object.entries(applied).map(([topic, { offset, ...place }]) => [topic, { ...place, offset: String(offset) }]),
  );
}

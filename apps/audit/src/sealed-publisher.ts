import { Bus, sealRecord, type MacKey } from '#libs/bus';
import type { TopicSpec } from '#libs/contracts';
import { Clock } from '#libs/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { v7 } from 'uuid';

/** Token of the key that audit's own records are sealed with. */
export const AUDIT_MAC_KEY = Symbol('MAC key of what audit says to other services');

/** One thing that audit tells; the topic's key is the tenant. */
export type Telling = { readonly tenantId: string; readonly value: object };

/** Publishes what others act upon: with a MAC, so that write access to the topic alone revokes no key. */
@Injectable()
export class SealedPublisher {
  private position = 0;

  constructor(
    private readonly bus: Bus,
    @Inject(AUDIT_MAC_KEY) private readonly macKey: MacKey,
    private readonly clock: Clock,
  ) {}

  /** Resolves when the broker has all of them. */
  async publish({ name: topic }: TopicSpec, type: string, tellings: readonly Telling[]): Promise<void> {
    if (tellings.length === 0) return;
    const time = this.clock.nowIso();
    const epoch = Math.floor(this.clock.nowMs());
    const records = tellings.map(({ tenantId: key, value }) => {
      this.position += 1;
      const place = { generation: 0, epoch, position: this.position };
      const record = { topic, key, value: Buffer.from(JSON.stringify(value)), ...place };
      return sealRecord(this.macKey, record, { id: v7(), source: '/audit', type, time, schema: 1 });
    });
    await this.bus.publish(records);
  }
}

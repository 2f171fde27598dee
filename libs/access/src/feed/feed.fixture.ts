import { deriveMacKey, sealRecord, type Bus, type OutgoingRecord, type WriterPlace } from '#libs/bus';
import { topics, WATERMARK_KEY, type TopicSpec } from '#libs/contracts';
import { randomBytes } from 'node:crypto';
import { silentLogger } from '#libs/telemetry';
import { IdentityView } from '../identity/identity-view.js';
import { PolicyView } from '../policy/policy-view.js';
import { AccessFeed } from './access-feed.js';
import type { AccessFeedOptions } from './access-feed-options.js';

export const busKey = randomBytes(32);

/** Topics as in contracts, under names that nobody else has. */
export function ownTopics(suffix: string) {
  const renamed = (spec: TopicSpec): TopicSpec => ({ ...spec, name: `${spec.name}.${suffix}` });
  return {
    identityState: renamed(topics.identityState),
    policyState: renamed(topics.policyState),
    replicas: renamed(topics.gatewayReplicas),
  };
}

/** Writes a state topic as its service's publisher does; `key` forges when it is another one. */
export class StateWriter {
  private position = 0;

  constructor(
    private readonly bus: Bus,
    readonly topic: string,
    private readonly key: Uint8Array = busKey,
  ) {}

  /** Appends records and the watermark that says so; answers the position of the last. */
  async write(records: Readonly<Record<string, object | string | null>>, place: Partial<WriterPlace> = {}) {
    const sealed = Object.entries(records).map(([key, value]) => this.sealed(key, value, place));
    await this.bus.publish([...sealed, this.watermark()]);
    return this.position;
  }

  /** One record, without a watermark; its position is the next unless given. */
  sealed(key: string, value: object | string | null, place: Partial<WriterPlace> = {}): OutgoingRecord {
    if (place.position === undefined) this.position += 1;
    const text = typeof value === 'string' || value === null ? value : JSON.stringify(value);
    const at = { generation: 1, epoch: 1, position: this.position, ...place };
    const record = { topic: this.topic, key, value: text === null ? null : Buffer.from(text), ...at };
    const envelope = {
      id: String(at.position),
      source: '/spec',
      type: 'state',
      time: new Date().toISOString(),
      schema: 1,
    };
    return sealRecord(deriveMacKey(this.key), record, envelope);
  }

  watermark(): OutgoingRecord {
    const { position } = this;
    return this.sealed(WATERMARK_KEY, { at: new Date().toISOString() }, { position });
  }
}

/** A feed with views of its own on a bus. */
export function feedOn(bus: Bus, names: ReturnType<typeof ownTopics>, change: Partial<AccessFeedOptions> = {}) {
  const [identity, policy] = [new IdentityView(), new PolicyView()];
  const feed = new AccessFeed({
    service: 'gateway',
    replica: 'gateway-1',
    bus,
    busKey,
    logger: silentLogger,
    identity,
    policy,
    topics: names,
    ...change,
  });
  return { feed, identity, policy };
}

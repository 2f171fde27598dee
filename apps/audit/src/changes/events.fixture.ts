import { eventRecord, type OutgoingRecord } from '#libs/bus';
import type { TopicSpec } from '#libs/contracts';
import { RevisionPublished, type DocumentChange } from '#libs/contracts';

type Told = {
  readonly type: string;
  readonly stream: string;
  readonly tenant?: string;
  readonly actor?: string;
  readonly data: Readonly<Record<string, unknown>>;
};

/** Events of one service, as its publisher sends them; positions are dense. */
export class EventTwin {
  private position = 0;

  constructor(
    readonly topic: TopicSpec,
    readonly service: string,
    readonly generation = 1,
  ) {}

  event({ type, stream, tenant = 'acme', actor = 'user_ada', data }: Told): OutgoingRecord {
    this.position += 1;
    const { position, service: source, generation } = this;
    const time = new Date().toISOString();
    const id = `${source}:${generation}:${position}:0`;
    const envelope = { id, source, type, time, subject: stream, schema: 1, generation, epoch: 1, position };
    const value = {
      stream,
      stream_version: position,
      actor,
      tenant_id: tenant,
      request_id: `req-${position}`,
      decision_id: `decision-${position}`,
      data: { tenantId: tenant, at: time, ...data },
    };
    return eventRecord(this.topic.name, stream, envelope, value);
  }

  revision(
    revision: number,
    changes: readonly DocumentChange[],
    set: { readonly documentCount: number; readonly setDigest: string },
    tenant = 'acme',
  ): OutgoingRecord {
    const author = 'user_ada';
    const facts = { revision, author, reason: null, rollbackOf: null, changes, ...set };
    return this.event({ type: RevisionPublished.type, stream: `policy.tenant-${tenant}`, tenant, data: facts });
  }
}

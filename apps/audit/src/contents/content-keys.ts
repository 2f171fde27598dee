import { newContentKeyPair, readKeyPair } from '#libs/contents';
import {
  ContentKeyCreated,
  ContentKeyDeleted,
  type ContentKeyDeletedCause,
  type ContentKeyEvent,
} from '#libs/contracts';
import { EventStore, SubjectKeys, type Context } from '#libs/event-store';
import { Clock } from '#libs/telemetry';
import { Injectable } from '@nestjs/common';
import { v7 } from 'uuid';
import { FoldedEvents } from '../folded-events.js';
import { contentKeyAggregate } from './content-key.aggregate.js';
import { afterKeyEvent, noKeys, type HeldKey, type KeyRing } from './key-ring.projection.js';

/**
 * The tenants' pairs of keys. A private one is sealed under a key of its own, which is under audit's seal key: where that
 * is erased, no backup and no copy of an event brings it back. It is in plain only while something is opened.
 */
@Injectable()
export class ContentKeys {
  private readonly held: FoldedEvents<KeyRing, ContentKeyEvent>;

  constructor(
    private readonly store: EventStore,
    private readonly subjectKeys: SubjectKeys,
    private readonly clock: Clock,
  ) {
    this.held = new FoldedEvents(store, {
      types: [ContentKeyCreated.type, ContentKeyDeleted.type],
      initial: noKeys,
      after: (ring, { event, position }) => afterKeyEvent(ring, event, position),
    });
  }

  /** As of now: every key of which a question before this one was answered is in it, whichever replica made it. */
  ring(): Promise<KeyRing> {
    return this.held.now();
  }

  /** From here on it is the tenant's current one. */
  async create(tenantId: string, context: Omit<Context, 'tenantId'>): Promise<HeldKey> {
    const keyId = `ck_${v7()}`;
    const pair = await newContentKeyPair();
    const privateKey = await this.subjectKeys.seal(keyId, pair.privateKey);
    const createdAt = this.clock.nowIso();
    const key = { tenantId, keyId, publicKey: pair.publicKey, privateKey };
    const command = { type: 'CreateContentKey' as const, ...key, at: createdAt };
    await this.store.execute(contentKeyAggregate, keyId, command, { context: { ...context, tenantId } });
    return { ...key, createdAt, supersededAt: null };
  }

  /** The private key is erased first: what is on record as deleted is. */
  async delete(
    { tenantId, keyId }: HeldKey,
    cause: ContentKeyDeletedCause,
    context: Omit<Context, 'tenantId'>,
  ): Promise<void> {
    await this.subjectKeys.erase(keyId);
    const command = { type: 'DeleteContentKey' as const, tenantId, keyId, at: this.clock.nowIso(), cause };
    await this.store.execute(contentKeyAggregate, keyId, command, { context: { ...context, tenantId } });
  }

  /** For reading what was written for it. Undefined once it is gone, and for a key of another tenant. */
  async pairOf(tenantId: string, keyId: string): Promise<Awaited<ReturnType<typeof readKeyPair>> | undefined> {
    const key = (await this.ring()).keys.get(keyId);
    if (!key || key.tenantId !== tenantId) return undefined;
    const privateKey = await this.subjectKeys.open(key.privateKey);
    return privateKey === undefined ? undefined : readKeyPair({ publicKey: key.publicKey, privateKey });
  }
}

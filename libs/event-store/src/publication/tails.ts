import type { PublishedRange } from '#libs/bus';
import { selectHeads } from '../store/event-rows.js';
import { selectWaitingKeys } from '../store/outbox.js';
import { selectStates } from '../store/state-records.js';
import type { PublisherParts } from './publisher-parts.js';
import { republishEvents, republishKeys, republishTopic } from './republish.js';
import { StrayWatch } from './stray-watch.js';
import { saveTail, selectTail } from './tail-places.js';
import type { Term } from './term.js';
import { TopicTail } from './topic-tail.js';

type Callbacks = { onStray(): void; onBroken(reason: string): void };

/** The tails of all state topics of a store, and the repair of what they find. */
export class Tails {
  private readonly tails: TopicTail[] = [];
  private readonly topicIds = new Map<string, string | null>();
  private readonly saved = new Map<string, bigint>();
  repaired = 0;

  constructor(
    private readonly parts: PublisherParts,
    private readonly term: Term,
    private readonly callbacks: Callbacks,
  ) {}

  /** Resolves when each topic has been read from where it was last checked to its present end. */
  async start(): Promise<void> {
    const { topics, bus } = this.parts;
    const all = [...topics.states, topics.events];
    for (const { topic, topicId } of await bus.identify(all)) this.topicIds.set(topic, topicId);
    const { partitions } = await bus.endOffsets(all);
    for (const { topic, start, end } of partitions) {
      const known = await selectTail(this.parts.em, topic);
      const lost = known !== undefined && (known.next > end || this.isOther(topic, known.topicId));
      if (lost) await this.fill(topic);
      if (topic === topics.events) {
        await saveTail(this.parts.em, this.term.epoch, topic, { topicId: this.topicIds.get(topic) ?? null, next: end });
        continue;
      }
      // After a loss everything in the new log is checked, what was just filled in included.
      await this.follow(topic, lost || !known || known.next < start ? start : known.next);
    }
    // From the first moment on, a successor can tell whether a topic is still the log that it was.
    await this.save();
  }

  get foreignGeneration(): number {
    return Math.max(0, ...this.tails.map(({ watch }) => watch.foreignGeneration));
  }

  /** Publishes again what the last record of a key in the log gets wrong. */
  async repair(): Promise<void> {
    for (const tail of this.tails) {
      const due = tail.due();
      if (due.length === 0) continue;
      // What waits in the outbox for a key will set it right.
      const waiting = await selectWaitingKeys(this.parts.em, tail.topic, due);
      const keys = due.filter((key) => !waiting.has(key));
      if (keys.length === 0) continue;
      if (tail.watch.overflows) await republishTopic(this.parts, this.term, tail.topic);
      const { lastPosition } = await selectHeads(this.parts.em, []);
      await republishKeys(this.parts, this.term, tail.topic, keys, lastPosition);
      tail.watch.repaired(keys);
      this.repaired += keys.length;
      this.parts.logger.warn(
        { topic: tail.topic, keys: keys.length },
        'records that the store did not write were mended',
      );
    }
  }

  /** Tells the tails what the publisher has appended, and the last position of it. */
  published(ranges: readonly PublishedRange[], position: number): void {
    for (const { watch } of this.tails) watch.knows(position);
    for (const { topic, baseOffset, count } of ranges) {
      this.tails.find((tail) => tail.topic === topic)?.published(baseOffset + BigInt(count));
    }
  }

  /** Keeps how far the topics were checked, so that a successor begins there. */
  async save(): Promise<void> {
    for (const tail of this.tails) {
      const next = tail.checked();
      if (next === undefined || this.saved.get(tail.topic) === next) continue;
      const topicId = this.topicIds.get(tail.topic) ?? null;
      await saveTail(this.parts.em, this.term.epoch, tail.topic, { topicId, next });
      this.saved.set(tail.topic, next);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.tails.map((tail) => tail.close()));
  }

  private isOther(topic: string, knownId: string | null): boolean {
    const id = this.topicIds.get(topic) ?? null;
    return id !== null && knownId !== null && id !== knownId;
  }

  /** A topic that was deleted and made again is filled from the store. */
  private async fill(topic: string): Promise<void> {
    this.parts.logger.error({ topic }, 'a topic is not the log that it was; it is filled from the store');
    if (topic === this.parts.topics.events) await republishEvents(this.parts, this.term);
    else await republishTopic(this.parts, this.term, topic);
  }

  private async follow(topic: string, from: bigint): Promise<void> {
    const { em, bus, writer } = this.parts;
    const watch = new StrayWatch({
      topic,
      macKey: writer.macKey,
      generation: this.term.generation,
      lookUp: (keys) => selectStates(em, keys),
      lastPosition: async () => (await selectHeads(em, [])).lastPosition,
    });
    const tail = new TopicTail({ bus, service: writer.service, topic, watch, from, ...this.callbacks });
    this.tails.push(tail);
    await tail.start();
  }
}

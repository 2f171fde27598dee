import { BusError } from '../bus-error.js';
import { partitionName, type SeenLog } from '../replay/replay-tracker.js';
import type { ReadPosition } from '../replay/replay.js';
import type { TopicIdentity } from '../topic-spec.js';
import type { KafkaTopics } from './kafka-topics.js';

/** A reader of logs, as far as it has to know whether they are still those that it reads. */
export interface LogFollower {
  readonly topics: readonly string[];
  positions(): readonly ReadPosition[];
  /** `before`: the positions when it was asked. Where a log begins is only told to a reader that is behind its end. */
  seen(logs: readonly SeenLog[], identities: readonly TopicIdentity[], before: readonly ReadPosition[]): void;
}

type Questions = Pick<KafkaTopics, 'identify' | 'ends' | 'starts'>;

/**
 * Looks at the logs of all readers of a process together, again and again: which they are, and where they end, by one request
 * each. A reader asking for itself costs as much as all of them.
 */
export class LogWatch {
  private readonly followers = new Set<LogFollower>();
  private timer: NodeJS.Timeout | undefined;
  private isLooking = false;

  constructor(
    private readonly topics: Questions,
    private readonly everyMs: number,
  ) {}

  /** Until what it answers is called. */
  follow(follower: LogFollower): () => void {
    this.followers.add(follower);
    this.timer ??= setInterval(() => void this.round(), this.everyMs).unref();
    return () => this.leave(follower);
  }

  /** For this one, now. Rejects when the brokers do not answer. */
  look(follower: LogFollower): Promise<void> {
    return this.lookFor([follower]);
  }

  private leave(follower: LogFollower): void {
    this.followers.delete(follower);
    if (this.followers.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private async round(): Promise<void> {
    if (this.isLooking) return;
    this.isLooking = true;
    try {
      await this.lookFor([...this.followers]);
    } catch (error) {
      // A topic that is gone fails the question for all: its readers must not keep the others from theirs.
      if (error instanceof BusError && error.code === 'bus/unknown-topic') await this.lookOneByOne();
    } finally {
      this.isLooking = false;
    }
  }

  private async lookOneByOne(): Promise<void> {
    for (const follower of this.followers) await this.look(follower).catch(() => undefined);
  }

  private async lookFor(followers: readonly LogFollower[]): Promise<void> {
    const asking = followers.map((follower) => ({ follower, before: follower.positions() }));
    const topics = [...new Set(followers.flatMap((follower) => follower.topics))];
    const [identities, ends] = await Promise.all([this.topics.identify(topics), this.topics.ends(topics)]);
    const endAt = new Map(ends.map(({ topic, partition, end }) => [partitionName(topic, partition), end]));
    const isBehind = ({ topic, partition, next }: ReadPosition) =>
      next < (endAt.get(partitionName(topic, partition)) ?? 0n);
    const behind = asking.flatMap(({ before }) => before.filter(isBehind));
    const starts = behind.length > 0 ? await this.topics.starts([...new Set(behind.map(({ topic }) => topic))]) : [];
    const startAt = new Map(starts.map(({ topic, partition, start }) => [partitionName(topic, partition), start]));
    const logs = ends.map((log): SeenLog => {
      const start = startAt.get(partitionName(log.topic, log.partition));
      return start === undefined ? log : { ...log, start };
    });
    for (const { follower, before } of asking) {
      const isOurs = ({ topic }: { readonly topic: string }) => follower.topics.includes(topic);
      follower.seen(logs.filter(isOurs), identities.filter(isOurs), before);
    }
  }
}

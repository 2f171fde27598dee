import type { TopicPartition } from '../bus-record.js';

/** What a group needs of its members. */
export interface GroupMember {
  readonly topics: readonly string[];
  /** Takes the partitions that are its own from now on. */
  assign(partitions: readonly TopicPartition[]): void;
}

/** Deals partitions round among the members; every change deals anew, as a rebalance does. */
export class MemoryGroup {
  private readonly members = new Set<GroupMember>();

  constructor(private readonly partitionsOf: (topic: string) => readonly TopicPartition[]) {}

  join(member: GroupMember): void {
    this.members.add(member);
    this.deal();
  }

  leave(member: GroupMember): void {
    if (this.members.delete(member)) this.deal();
  }

  private deal(): void {
    const topics = [...new Set([...this.members].flatMap((member) => member.topics))];
    const hands = new Map([...this.members].map((member) => [member, [] as TopicPartition[]] as const));
    for (const topic of topics) {
      const takers = [...this.members].filter((member) => member.topics.includes(topic));
      for (const [i, partition] of this.partitionsOf(topic).entries()) {
        const taker = takers[i % takers.length];
        if (taker) hands.get(taker)?.push({ topic, partition: partition.partition });
      }
    }
    for (const [member, hand] of hands) member.assign(hand);
  }
}

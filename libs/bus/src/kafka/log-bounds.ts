import type { Cluster } from '#libs/kafka';
import type { TopicPartition } from '../bus-record.js';
import type { LogBounds, LogEnd } from '../topic-spec.js';

/** The first offset that is kept of one partition's log. */
export type LogStart = TopicPartition & { readonly start: bigint };

/** Where the logs end, by one request to each leader. kafkajs' admin asks for each topic by itself, thrice. */
export async function fetchEnds(cluster: Cluster, topics: readonly string[]): Promise<LogEnd[]> {
  return (await fetchOffsets(cluster, topics, false)).map(({ offset, ...at }) => ({ ...at, end: offset }));
}

export async function fetchStarts(cluster: Cluster, topics: readonly string[]): Promise<LogStart[]> {
  return (await fetchOffsets(cluster, topics, true)).map(({ offset, ...at }) => ({ ...at, start: offset }));
}

export async function fetchBounds(cluster: Cluster, topics: readonly string[]): Promise<LogBounds[]> {
  const [ends, starts] = await Promise.all([fetchEnds(cluster, topics), fetchStarts(cluster, topics)]);
  return ends.flatMap((log) => {
    const found = starts.find(({ topic, partition }) => topic === log.topic && partition === log.partition);
    return found ? [{ ...log, ...found }] : [];
  });
}

type PlacedOffset = TopicPartition & { readonly offset: bigint };

async function fetchOffsets(
  cluster: Cluster,
  topics: readonly string[],
  fromBeginning: boolean,
): Promise<PlacedOffset[]> {
  await cluster.addMultipleTargetTopics(topics);
  await cluster.refreshMetadataIfNecessary();
  const asked = [...new Set(topics)].map((topic) => ({
    topic,
    fromBeginning,
    partitions: cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => ({ partition: partitionId })),
  }));
  const answers = await cluster.fetchTopicsOffset(asked);
  return answers.flatMap(({ topic, partitions }) =>
    partitions.map(({ partition, offset }) => ({ topic, partition, offset: BigInt(offset) })),
  );
}

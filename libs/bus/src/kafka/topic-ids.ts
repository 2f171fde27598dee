import type { Cluster } from '#libs/kafka';
import { createRequire } from 'node:module';
import type { TopicIdentity } from '../topic-spec.js';
import { compactText, CompactReader, varint } from './compact-reader.js';

/** Topic ids are in Metadata from version 10 on; kafkajs 2.2.4 ends at 6. */
const METADATA_API = 3;
const METADATA_VERSION = 12;
const NO_TAGS = Buffer.of(0);
const NO_UUID = Buffer.alloc(16);

type Encoder = { writeBuffer(bytes: Buffer): Encoder };
type Response = { decode(bytes: Buffer): Promise<Decoded>; parse(decoded: Decoded): Promise<Decoded> };
type Decoded = { readonly clientSideThrottleTime: number; readonly identities: readonly TopicIdentity[] };
/**
 * Asks which logs the topics are, in the one protocol version that says so. kafkajs frames the request with header
 * version 1 and hands over answers after their correlation id; version 2 of the header, which this API version wants,
 * is the same followed by tagged fields, so both ends here begin with those.
 */
export async function fetchTopicIds(cluster: Cluster, topics: readonly string[]): Promise<readonly TopicIdentity[]> {
  const broker = await cluster.brokerPool.findConnectedBroker();
  const request = { apiKey: METADATA_API, apiVersion: METADATA_VERSION, apiName: 'Metadata', encode: encode(topics) };
  const response: Response = { decode: async (bytes) => decode(bytes), parse: async (decoded) => decoded };
  const { identities } = await broker.connectionPool.send<Decoded>({ request, response });
  return identities;
}

function encode(topics: readonly string[]): () => Promise<Encoder> {
  const load = createRequire(import.meta.url);
  const KafkaEncoder = load('kafkajs/src/protocol/encoder') as new () => Encoder;
  const named = topics.map((topic) => Buffer.concat([NO_UUID, compactText(topic), NO_TAGS]));
  const flags = Buffer.of(0, 0); // Neither create topics nor list their authorised operations.
  const body = Buffer.concat([NO_TAGS, varint(topics.length + 1), ...named, flags, NO_TAGS]);
  return async () => new KafkaEncoder().writeBuffer(body);
}

function decode(bytes: Buffer): Decoded {
  const reader = new CompactReader(bytes);
  reader.tags();
  const clientSideThrottleTime = reader.int32();
  reader.array(() => (reader.int32(), reader.text(), reader.int32(), reader.text(), reader.tags()));
  const clusterId = reader.text() ?? '';
  reader.int32();
  const found = reader.array(() => topicId(reader));
  const identities = found.flatMap(({ error, topic, topicId }) => (error === 0 ? [{ topic, clusterId, topicId }] : []));
  return { clientSideThrottleTime, identities };
}

function topicId(reader: CompactReader): { error: number; topic: string; topicId: string } {
  const found = { error: reader.int16(), topic: reader.text() ?? '', topicId: reader.uuid() };
  reader.skip(1);
  reader.array(() => partition(reader));
  reader.int32();
  reader.tags();
  return found;
}

function partition(reader: CompactReader): void {
  reader.skip(2 + 4 + 4 + 4);
  for (const _replicas of ['all', 'in sync', 'offline']) reader.array(() => reader.int32());
  reader.tags();
}

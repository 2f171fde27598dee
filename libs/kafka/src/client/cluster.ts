import type { Kafka } from 'kafkajs';

type Topic = { readonly partitionErrorCode: number; readonly partitionId: number; readonly leader: number };
type Offset = { readonly partition: number; readonly offset: string };
type Answered = { readonly payload: Buffer };
type Entry = {
  readonly apiKey: number;
  readonly apiName: string;
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly resolve: (answered: Answered) => void;
  readonly reject: (error: unknown) => void;
};

/** One socket to a broker; `requestQueue` matches answers, times requests out and holds back throttled ones. */
export type Connection = {
  readonly clientId: string;
  readonly socket: NodeJS.WritableStream & { cork(): void; uncork(): void };
  isConnected(): boolean;
  authenticate(): Promise<void>;
  nextCorrelationId(): number;
  readonly requestQueue: {
    push(request: {
      readonly entry: Entry;
      readonly expectResponse: boolean;
      readonly requestTimeout: number | null;
      readonly sendRequest: () => void;
    }): void;
    maybeThrottle(ms: number): void;
  };
};
export type Broker = {
  readonly connectionPool: {
    /** Sends a request whose encoder and decoder the caller brings. */
    send<Answer>(protocol: object): Promise<Answer>;
    /** Connects if need be. */
    getConnection(): Promise<Connection>;
  };
  initProducerId(options: object): Promise<{ readonly producerId: string; readonly producerEpoch: number }>;
};

/** The part of kafkajs 2.2.4's private cluster that is used here; `Kafka` makes one per producer, consumer and admin. */
export type Cluster = {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>;
  refreshMetadata(): Promise<void>;
  refreshMetadataIfNecessary(): Promise<void>;
  removeBroker(at: { readonly host: string; readonly port: number }): void;
  findTopicPartitionMetadata(topic: string): readonly Topic[];
  /** One ListOffsets to each leader. Rejects when the broker refuses for one of them. */
  fetchTopicsOffset(
    topics: readonly {
      readonly topic: string;
      readonly fromBeginning: boolean;
      readonly partitions: readonly { readonly partition: number }[];
    }[],
  ): Promise<readonly { readonly topic: string; readonly partitions: readonly Offset[] }[]>;
  findBroker(of: { readonly nodeId: number }): Promise<Broker>;
  readonly brokerPool: { findConnectedBroker(): Promise<Broker> };
};

type CreateCluster = (options: object) => Cluster;

/** What a client makes the cluster of each consumer, producer and admin with. @throws TypeError if kafkajs has changed inside. */
export function createClusterOf(kafka: Kafka): { create: CreateCluster; replace(by: CreateCluster): void } {
  const symbol = Object.getOwnPropertySymbols(kafka).find((s) => s.description === 'private:Kafka:createCluster');
  const inside = kafka as unknown as Record<symbol, CreateCluster | undefined>;
  const create = symbol && inside[symbol];
  if (!create) throw new TypeError('kafkajs has another cluster inside: look how it is opened now');
  return { create, replace: (by) => (inside[symbol] = by) };
}

/** A connection of its own to the brokers. */
export function openCluster(kafka: Kafka, metadataMaxAgeMs: number): Cluster {
  return createClusterOf(kafka).create({ allowAutoTopicCreation: false, metadataMaxAge: metadataMaxAgeMs });
}

import type { Kafka } from 'kafkajs';

type Topic = { readonly partitionErrorCode: number; readonly partitionId: number; readonly leader: number };
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
  findBroker(of: { readonly nodeId: number }): Promise<Broker>;
  readonly brokerPool: { findConnectedBroker(): Promise<Broker> };
};

/** A connection of its own to the brokers. Undefined if kafkajs has changed inside. */
export function openCluster(kafka: Kafka, metadataMaxAgeMs = 0): Cluster | undefined {
  const symbol = Object.getOwnPropertySymbols(kafka).find((s) => s.description === 'private:Kafka:createCluster');
  const create = symbol && (kafka as unknown as Record<symbol, (options: object) => Cluster>)[symbol];
  return create?.({ allowAutoTopicCreation: false, metadataMaxAge: metadataMaxAgeMs });
}

import type { Kafka } from 'kafkajs';
import { createClusterOf } from './cluster.js';

type Request = {
  readonly entry: { readonly apiName: string };
  completed(answer: { readonly size: number; readonly payload: Buffer }): void;
};
/** The part of a connection of kafkajs 2.2.4 that this touches. */
type Connection = {
  readonly socket?: { destroy(): void };
  readonly requestQueue: { readonly inflight: Map<number, Request> };
};
type Cluster = {
  readonly brokerPool: {
    readonly brokers: Readonly<Record<string, { readonly connectionPool: { pool: Connection[] } }>>;
  };
};

/** Fetch 4 to 11, which kafkajs decodes: no throttling, no error, no session, and no topic. The rest of it is not read. */
const NOTHING = { size: 14, payload: Buffer.alloc(14) };

/**
 * What a consumer of this client waits for, so that its end needs not wait as well: kafkajs stops a consumer only when the
 * broker has answered its fetch, which may take the whole of the wait that it was asked with. Call it before the consumer is
 * made; what it returns answers open fetches with nothing, once the consumer has been told to stop.
 *
 * The connections that only fetch are closed with it. The broker's own answers come to nobody.
 */
export function openFetches(kafka: Kafka): () => void {
  const clusters: Cluster[] = [];
  const inner = createClusterOf(kafka);
  inner.replace((options) => {
    const cluster = inner.create(options);
    clusters.push(cluster as unknown as Cluster);
    return cluster;
  });
  return () => {
    for (const { brokerPool } of clusters) {
      for (const { connectionPool } of Object.values(brokerPool.brokers)) connectionPool.pool.forEach(answer);
    }
  };
}

function answer({ socket, requestQueue: { inflight } }: Connection): void {
  const fetches = [...inflight].filter(([, { entry }]) => entry.apiName === 'Fetch');
  if (fetches.length === 0) return;
  for (const [correlationId, request] of fetches) {
    inflight.delete(correlationId);
    request.completed(NOTHING);
  }
  socket?.destroy();
}

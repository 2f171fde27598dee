import { createRequire } from 'node:module';
import type { Connection } from '../client/cluster.js';

const load = createRequire(import.meta.url);

type PartitionAnswer = { readonly partition: number; readonly errorCode: number; readonly baseOffset: string };
type ProduceAnswer = {
  readonly topics: readonly { readonly partitions: readonly PartitionAnswer[] }[];
  readonly clientSideThrottleTime: number;
};
const { decode } = load('kafkajs/src/protocol/requests/produce/v7/response') as {
  decode(payload: Buffer): Promise<ProduceAnswer>;
};
const { createErrorFromCode } = load('kafkajs/src/protocol/error') as { createErrorFromCode(code: number): Error };

const { KafkaJSConnectionError } = load('kafkajs/src/errors') as {
  KafkaJSConnectionError: new (message: string) => Error;
};

/** The protocol's error of a code, as kafkajs throws it. */
export const protocolError = createErrorFromCode;
export const UNKNOWN_TOPIC_OR_PARTITION = 3;

const PRODUCE_API = 0;
/** The newest that kafkajs can decode; brokers since 2.1 take it, and 4.x still do. */
const PRODUCE_VERSION = 7;
const ALL_IN_SYNC = -1;
const FIXED_BYTES = 64;
/** Before each batch: its partition and its length. */
export const PARTITION_HEADER_BYTES = 8;

export function writePartitionHeader(target: Buffer, at: number, partition: number, batchBytes: number): void {
  target.writeInt32BE(partition, at);
  target.writeInt32BE(batchBytes, at + 4);
}

/**
 * Sends batches of one topic, each behind its partition's header, and answers what the broker says of each partition.
 * What stands in `batches` goes out as it is and must not change until the answer. A request that the broker's throttling
 * holds back does not leave any more once `signal` says so.
 */
export async function produce(
  connection: Connection,
  topic: string,
  batches: readonly Buffer[],
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<readonly PartitionAnswer[]> {
  const correlationId = connection.nextCorrelationId();
  const head = headOf({ correlationId, clientId: connection.clientId, topic, batches, timeoutMs });
  const { requestQueue } = connection;
  const { payload } = await new Promise<{ payload: Buffer }>((resolve, reject) => {
    if (!connection.isConnected()) throw new KafkaJSConnectionError('Not connected');
    const asked = { apiKey: PRODUCE_API, apiName: 'Produce', apiVersion: PRODUCE_VERSION, correlationId };
    const sendRequest = () => {
      if (!signal.aborted) writeTogether(connection, [head, ...batches]);
    };
    requestQueue.push({
      entry: { ...asked, resolve, reject },
      expectResponse: true,
      requestTimeout: timeoutMs,
      sendRequest,
    });
  });
  const { topics, clientSideThrottleTime } = await decode(payload);
  requestQueue.maybeThrottle(clientSideThrottleTime);
  return topics.flatMap(({ partitions }) => partitions);
}

type Head = {
  readonly correlationId: number;
  readonly clientId: string;
  readonly topic: string;
  readonly batches: readonly Buffer[];
  readonly timeoutMs: number;
};

/** Everything of the request before its first partition. */
function headOf({ correlationId, clientId, topic, batches, timeoutMs }: Head): Buffer {
  const head = Buffer.alloc(FIXED_BYTES + Buffer.byteLength(clientId) + Buffer.byteLength(topic));
  let at = head.writeInt16BE(PRODUCE_API, 4);
  at = head.writeInt16BE(PRODUCE_VERSION, at);
  at = head.writeInt32BE(correlationId, at);
  at = writeText(head, at, clientId);
  // Of no transaction.
  at = head.writeInt16BE(-1, at);
  at = head.writeInt16BE(ALL_IN_SYNC, at);
  at = head.writeInt32BE(timeoutMs, at);
  at = head.writeInt32BE(1, at);
  at = writeText(head, at, topic);
  at = head.writeInt32BE(batches.length, at);
  head.writeInt32BE(at - 4 + batches.reduce((sum, batch) => sum + batch.length, 0), 0);
  return head.subarray(0, at);
}

function writeText(target: Buffer, at: number, text: string): number {
  const bytes = target.write(text, at + 2);
  target.writeInt16BE(bytes, at);
  return at + 2 + bytes;
}

/** One system call for all pieces. */
function writeTogether({ socket }: Connection, pieces: readonly Buffer[]): void {
  socket.cork();
  for (const piece of pieces) socket.write(piece);
  socket.uncork();
}

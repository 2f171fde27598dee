import { connect } from 'node:net';

const PROBE_WITHIN_MS = 2_000;
const METADATA = 3;
const METADATA_VERSION = 4;
const CLIENT_ID = 'gatehouse-probe';
const CORRELATION_ID = 1;
const NO_TOPICS = 0;
/** Length, correlation id, throttle time: what comes before the number of brokers in the answer. */
const BROKERS_AT = 12;

/**
 * True when the broker at this port is in its cluster and takes requests: until then it answers, but lists no broker.
 * One request of Kafka's own protocol, because a whole client costs more than the rest of the start. Rejects when
 * nobody answers.
 */
export function kafkaAnswers(port: number): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const socket = connect(port, '127.0.0.1', () => socket.write(metadataRequest()));
  let answer = Buffer.alloc(0);
  socket.setTimeout(PROBE_WITHIN_MS, () => socket.destroy(new Error('Kafka did not answer in time.')));
  socket.on('data', (part: Buffer) => {
    answer = Buffer.concat([answer, part]);
    if (answer.length < BROKERS_AT + 4) return;
    resolve(answer.readInt32BE(4) === CORRELATION_ID && answer.readInt32BE(BROKERS_AT) > 0);
  });
  socket.once('error', reject);
  socket.once('close', () => reject(new Error('Kafka closed the connection.')));
  return promise.finally(() => socket.destroy());
}

function metadataRequest(): Buffer {
  const name = Buffer.from(CLIENT_ID);
  const request = Buffer.alloc(4 + 2 + 2 + 4 + 2 + name.length + 4 + 1);
  let at = request.writeInt32BE(request.length - 4, 0);
  at = request.writeInt16BE(METADATA, at);
  at = request.writeInt16BE(METADATA_VERSION, at);
  at = request.writeInt32BE(CORRELATION_ID, at);
  at = request.writeInt16BE(name.length, at);
  at += name.copy(request, at);
  // The last byte, already 0: topics that do not exist are not made.
  request.writeInt32BE(NO_TOPICS, at);
  return request;
}

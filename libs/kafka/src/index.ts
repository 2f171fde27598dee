export { openCluster, type Cluster } from './client/cluster.js';
export { kafkaClient } from './client/kafka-client.js';
export { REQUEST_TIMEOUT_MS, type KafkaConnection } from './client/kafka-connection.js';
export { isOwnershipLost, isRetriable, nameOf, typeOf } from './client/kafka-failure.js';
export { silentLogger, type Logger } from './client/logger.js';
export { withPatience } from './client/with-patience.js';
export { within } from './client/within.js';
export { BatchProducer, ProduceError, type BatchProducerOptions } from './produce/batch-producer.js';
export type { PlacedRecord } from './produce/encoded-batches.js';

import { Kafka, logLevel } from 'kafkajs';
import { stopIdleTimer } from './idle-timer-fix.js';
import { kafkaLog } from './kafka-log.js';
import { CONNECTION_TIMEOUT_MS, REQUEST_TIMEOUT_MS, type KafkaConnection } from './kafka-connection.js';
import { silentLogger } from './logger.js';
import { shareTimeoutChecks } from './request-timeouts.js';

stopIdleTimer();
shareTimeoutChecks();

/** A kafkajs client as this library needs it. Readers get one each: committed offsets are cached per client. */
export function kafkaClient(options: KafkaConnection): Kafka {
  const { brokers, clientId, sasl, ssl, socketFactory, logger = silentLogger } = options;
  return new Kafka({
    brokers: [...brokers],
    clientId,
    ...(sasl ? { sasl } : {}),
    ...(ssl === undefined ? {} : { ssl }),
    ...(socketFactory ? { socketFactory } : {}),
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // Short and few: the loops above kafkajs have the patience, and know when to give up.
    retry: { retries: 3, initialRetryTime: 50, maxRetryTime: 500, multiplier: 2, factor: 0.2 },
    logLevel: logLevel.WARN,
    logCreator: kafkaLog(logger),
  });
}

import type { ISocketFactory, SASLOptions } from 'kafkajs';
import type { ConnectionOptions } from 'node:tls';
import type { Logger } from './logger.js';

/** How to reach the brokers. */
export type KafkaConnection = {
  readonly brokers: readonly string[];
  /** Shown in the broker's logs and quotas, e.g. `gateway-1`. */
  readonly clientId: string;
  readonly sasl?: SASLOptions;
  readonly ssl?: boolean | ConnectionOptions;
  readonly logger?: Logger;
  /** Makes the sockets; for proxies and for specs that cut the line. */
  readonly socketFactory?: ISocketFactory;
};

/** A request without an answer is given up after this long; above the longest fetch wait. */
export const REQUEST_TIMEOUT_MS = 10_000;
export const CONNECTION_TIMEOUT_MS = 3_000;

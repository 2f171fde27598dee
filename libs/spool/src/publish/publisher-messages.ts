import type { PublisherOptions } from './publisher-options.js';
import type { SpoolKafka } from './kafka-sink.js';

/** What the publisher's thread is started with. */
export type PublisherData = Omit<PublisherOptions, 'cells' | 'boots' | 'nowMs' | 'sink' | 'log'> & {
  readonly memory: SharedArrayBuffer;
  readonly directory: string;
  readonly spool: string;
  readonly kafka: SpoolKafka;
  readonly topic: string;
  readonly clockOffsetMs: number;
};

export type ToPublisher = { readonly stopWithinMs: number };
export type FromPublisher = {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Record<string, unknown>;
};

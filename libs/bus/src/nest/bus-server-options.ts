import type { ConsumeOptions } from '../consumption.js';
import type { Logger } from '#libs/kafka';

/** How a service's `@EventPattern` methods are fed. */
export type BusServerOptions = {
  /** Names the dead-letter topic: `<service>.dead-letter.v1`, which must exist. */
  readonly service: string;
  /** `<service>.<reader>.v<n>`. */
  readonly group: string;
  /** Topics to read besides those that a handler names; their records need an entry in `ignore`, or become dead letters. */
  readonly topics?: readonly string[];
  /** Patterns (`<topic>` or `<topic>#<ce_type>`) whose records are passed over on purpose. */
  readonly ignore?: readonly string[];
  /** Most records per call of a handler. Default 500. */
  readonly batchMax?: number;
  /** Deliveries of a record whose content makes the handler fail, before it becomes a dead letter. Default 5. */
  readonly attemptsMax?: number;
  /** First pause between two attempts, doubled up to 10 s. Default 100 ms. */
  readonly retryMs?: number;
  readonly logger?: Logger;
} & Pick<ConsumeOptions, 'from' | 'partitionsConcurrently'>;

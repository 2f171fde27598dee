import { BaseRpcContext } from '@nestjs/microservices';
import type { ConsumedBatch } from '../consumption.js';

/** Second argument of an `@EventPattern` method: where its records come from. Inject with `@Ctx()`. */
export class BusContext extends BaseRpcContext<[ConsumedBatch]> {
  constructor(batch: ConsumedBatch) {
    super([batch]);
  }

  get topic(): string {
    return this.batch.topic;
  }

  get partition(): number {
    return this.batch.partition;
  }

  /** Of the records of this call. */
  get firstOffset(): bigint {
    return this.batch.firstOffset;
  }

  get lastOffset(): bigint {
    return this.batch.lastOffset;
  }

  /** Fires when the partition is lost or the service stops. */
  get signal(): AbortSignal {
    return this.batch.signal;
  }

  /** The records as they were read, with `commit` and `committed`; the transport commits by itself after each batch. */
  get batch(): ConsumedBatch {
    return this.getArgByIndex(0);
  }
}

import type { DecisionRecord } from '#libs/contracts';
import type { Batch, BatchSink } from '../publish/batch.js';
import { recordsOf } from './records.fixture.js';

/** Takes batches in memory; `down` refuses them, as an unreachable broker does. */
export class MemorySink implements BatchSink {
  readonly batches: { readonly partition: number; readonly value: Buffer }[] = [];
  down = false;
  /** After so many batches of one call the rest is refused: the broker took a part. */
  failAfter = Infinity;
  closed = false;

  send(batches: readonly Batch[]): Promise<void> {
    if (this.down) return Promise.reject(new Error('no broker'));
    const taken = batches.slice(0, this.failAfter);
    for (const { partition, value } of taken) this.batches.push({ partition, value: Buffer.concat(value) });
    this.failAfter = Infinity;
    return taken.length < batches.length ? Promise.reject(new Error('broke off')) : Promise.resolve();
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }

  records(): DecisionRecord[] {
    return this.batches.flatMap(({ value }) => [...recordsOf(value)]);
  }

  ids(): string[] {
    return this.records().map((record) => record.decision_id);
  }
}

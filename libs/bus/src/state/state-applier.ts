import type { BusRecord } from '../bus-record.js';
import type { MacKey } from '../envelope/record-mac.js';
import { verifyRecord, type StrayReason } from '../envelope/state-record.js';
import { KeyedPlaces, type Places } from './keyed-places.js';
import { furthest, mayApply, type Place, type WriterPlace } from './place.js';

/** Puts one verified record in force; `null` removes the key. Must not throw: refuse what it cannot read for that key. */
export type ApplyState = (key: string, value: Buffer | null, place: Place) => void;

/** A record that was not applied: forged (`mac/…`, `state/…`), late or repeated (`stale`), or refused by `apply`. */
export type Stray = {
  readonly topic: string;
  readonly offset: bigint;
  /** Null where there is no readable one. */
  readonly key: string | null;
  readonly reason: StrayReason | 'stale' | 'apply-failed';
};

/** The last place that was reached: of the log, and of its writer. */
export type Applied = WriterPlace & { readonly offset: bigint };

export type StateApplierOptions = {
  readonly macKey: MacKey;
  readonly apply: ApplyState;
  readonly places?: Places;
  readonly onStray?: (stray: Stray) => void;
  /** Where to go on from, e.g. out of a snapshot file. */
  readonly applied?: Applied;
};

/** Verifies, guards and applies the records of one state topic (one partition), in the order of the log. */
export class StateApplier {
  private readonly places: Places;
  private at: Applied;
  private strayCount = 0;

  constructor(private readonly options: StateApplierOptions) {
    this.places = options.places ?? new KeyedPlaces();
    this.at = options.applied ?? { offset: -1n, generation: 0, epoch: 0, position: 0 };
  }

  /** Offset of the last record looked at, and the furthest place of those applied. */
  get applied(): Applied {
    return this.at;
  }

  /** Records that were not applied since the start, re-deliveries below `applied.offset` excepted. */
  get strays(): number {
    return this.strayCount;
  }

  take(record: BusRecord): 'applied' | 'stray' | 'repeated' {
    // Below the last offset: the same log delivered again. It was judged once, so it is no stray either.
    if (record.offset <= this.at.offset) return 'repeated';
    const outcome = this.judge(record);
    this.at = { ...this.at, offset: record.offset };
    return outcome;
  }

  private judge(record: BusRecord): 'applied' | 'stray' {
    const verified = verifyRecord(this.options.macKey, record);
    if (!verified.ok) return this.stray(record, verified.reason);
    const { key, value, generation, epoch, position } = verified.record;
    const place: Place = { offset: record.offset, generation, epoch, position };
    if (!mayApply(place, this.places.get(key))) return this.stray(record, 'stale');
    // The place is taken first: a record that `apply` cannot take must not let an older one through after it.
    this.places.set(key, place, value === null);
    this.at = { ...this.at, ...furthest(this.at, place) };
    try {
      this.options.apply(key, value, place);
    } catch {
      return this.stray(record, 'apply-failed');
    }
    return 'applied';
  }

  private stray({ topic, offset, key }: BusRecord, reason: Stray['reason']): 'stray' {
    this.strayCount += 1;
    this.options.onStray?.({ topic, offset, key: key?.toString('utf8') ?? null, reason });
    return 'stray';
  }
}

import {
  sealRecord,
  verifyRecord,
  type BusRecord,
  type MacKey,
  type OutgoingRecord,
  type StrayReason,
} from '#libs/bus';
import { parseUsageKey, readUsageRecord, usageKey, type TopicSpec, type UsageRecord } from '#libs/contracts';
import type { Claim } from '#libs/limits';
import type { ClaimPlace } from './counters.js';
import { partitionOf, type CounterWindow } from './counter-window.js';

/** What a record of the usage topic says. */
export type UsageSaid = { readonly place: ClaimPlace; readonly record: UsageRecord | null };

/** How claims stand on the topic: sealed, so that whoever can merely write to it claims and frees nothing. */
export class UsageRecords {
  constructor(
    private readonly macKey: MacKey,
    private readonly topic: TopicSpec,
    private readonly source: string,
  ) {}

  claim(window: CounterWindow, claim: Claim, place: Omit<ClaimPlace, 'window'>, at: string): OutgoingRecord {
    const { id, ...about } = window;
    return this.sealed({ ...place, window: id }, JSON.stringify({ ...about, ...claim }), at);
  }

  removal(place: ClaimPlace, at: string): OutgoingRecord {
    return this.sealed(place, null, at);
  }

  /** Why it is nobody's word, where it is not. */
  read(record: BusRecord): UsageSaid | StrayReason | 'unreadable' {
    const verified = verifyRecord(this.macKey, record);
    if (!verified.ok) return verified.reason;
    const { key, value, position } = verified.record;
    const named = parseUsageKey(key);
    // Else a claim could be where nobody looks for it in its order.
    if (!named || partitionOf(named.window, this.topic.partitions) !== record.partition) return 'unreadable';
    const place = { ...named, position };
    if (value === null) return { place, record: null };
    const said = readUsageRecord(value.toString('utf8'));
    return said ? { place, record: said } : 'unreadable';
  }

  private sealed({ window, writer, position }: ClaimPlace, value: string | null, at: string): OutgoingRecord {
    const { macKey, topic, source } = this;
    const record = {
      topic: topic.name,
      key: usageKey(window, writer),
      value: value === null ? null : Buffer.from(value),
      generation: 1,
      epoch: 1,
      position,
    };
    const envelope = { id: `${writer}/${position}`, source, type: 'gateway.usage', time: at, schema: 1 };
    return { ...sealRecord(macKey, record, envelope), partition: partitionOf(window, topic.partitions) };
  }
}

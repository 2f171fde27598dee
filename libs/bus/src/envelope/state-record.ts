import type { BusRecord, OutgoingRecord } from '../bus-record.js';
import { PoisonRecord } from '../bus-error.js';
import { count, encodeEnvelope, type Envelope } from './envelope.js';
import { macMatches, recordMac, type MacKey, type StateRecord } from './record-mac.js';

/** What the envelope of a state record needs besides what the record itself says. */
export type StateEnvelope = Omit<Envelope, 'generation' | 'epoch' | 'position'>;

/** Turns a state record, tombstone or watermark into what is published, with its MAC. */
export function sealRecord(mac: MacKey, record: StateRecord, envelope: StateEnvelope): OutgoingRecord {
  const { topic, key, value, generation, epoch, position } = record;
  const headers = encodeEnvelope({ ...envelope, generation, epoch, position });
  return { topic, key, value, headers: { ...headers, gh_mac: recordMac(mac, record).toString('base64url') } };
}

/** Why a record on a state topic was not taken for one; codes are stable. */
export type StrayReason = 'mac/missing' | 'mac/wrong' | 'state/no-key' | 'state/no-place';
export type Verified =
  | { readonly ok: true; readonly record: StateRecord }
  | { readonly ok: false; readonly reason: StrayReason };

/**
 * Reads a record of a state topic and verifies its MAC, in constant time. Only what the MAC covers is in the result:
 * other headers (type, time, schema) are whatever somebody with write access to the topic put there.
 */
export function verifyRecord(mac: MacKey, { topic, key, value, headers }: BusRecord): Verified {
  if (!key || key.length === 0) return { ok: false, reason: 'state/no-key' };
  const place = placeOf(headers);
  if (!place) return { ok: false, reason: 'state/no-place' };
  const text = headers.gh_mac?.toString('latin1');
  if (!text) return { ok: false, reason: 'mac/missing' };
  const record: StateRecord = { topic, key: key.toString('utf8'), value, ...place };
  return macMatches(mac, record, Buffer.from(text, 'base64url'))
    ? { ok: true, record }
    : { ok: false, reason: 'mac/wrong' };
}

function placeOf(headers: BusRecord['headers']): { generation: number; epoch: number; position: number } | undefined {
  try {
    return {
      generation: count(headers, 'gh_generation'),
      epoch: count(headers, 'gh_epoch'),
      position: count(headers, 'gh_position'),
    };
  } catch (error) {
    if (error instanceof PoisonRecord) return undefined;
    throw error;
  }
}

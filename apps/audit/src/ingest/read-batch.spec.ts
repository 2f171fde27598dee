import { topics } from '#libs/contracts';
import { expect, it } from 'vitest';
import { SpoolTwin } from '../records.fixture.js';
import { readBatch } from './read-batch.js';

const spool = new SpoolTwin(topics.gatewayDecisions);
const timestampMs = Date.parse('2026-11-23T09:00:00.000Z');
const read = (value: unknown) =>
  readBatch({
    value: value === null ? null : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
    timestampMs,
  });

it('reads decisions and the ends of calls, each with when the broker took it', () => {
  const decision = spool.decided();
  const records = [decision, spool.completed(decision)];
  expect(read({ records })).toEqual(records.map((record) => ({ ...record, appended_at: '2026-11-23T09:00:00.000Z' })));
});

it.each([
  ['no_value', null],
  ['not_json', '{"records":'],
  ['not_a_decision_batch', { records: [] }],
  ['not_a_decision_batch', { records: [{ ...spool.decided(), more: 1 }] }],
  ['not_a_decision_batch', { records: Array.from({ length: 65 }, () => spool.decided()) }],
  ['out_of_range', { records: [spool.decided(), spool.decided({ at: '2106-03-01T00:00:00.000Z' })] }],
  ['out_of_range', { records: [spool.decided({ at: '1999-12-31T23:59:59.999Z' })] }],
  ['out_of_range', { records: [spool.decided({ http_status: 65_536 })] }],
  ['out_of_range', { records: [spool.decided({ http_status: -1 })] }],
])('gives up as %s what no column can hold', (poison, value) => {
  expect(read(value)).toEqual({ poison });
});

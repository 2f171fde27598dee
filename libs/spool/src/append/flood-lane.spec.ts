import { expect, it, onTestFinished } from 'vitest';
import { FakeClock } from '#libs/testing';
import type { Clock } from '#libs/telemetry';
import { DecisionSpool } from '../decision-spool.js';
import { MemorySink } from '../spec/memory-sink.fixture.js';
import { listed, refused, topicSpec } from '../spec/records.fixture.js';
import { filesIn, spoolDirectory } from '../spec/spool-directory.fixture.js';
import type { SpoolOptions } from '../spool-options.js';
import { FLOOD_ADDRESSES_MAX } from './flood-lane.js';
import { systemFiles } from './spool-files.js';

async function open(sink: MemorySink, more: Partial<SpoolOptions> = {}) {
  const clock = new FakeClock();
  const spool = await DecisionSpool.open({
    directory: spoolDirectory(),
    service: 'gateway',
    replica: 'gateway-1',
    topic: topicSpec('gateway.decisions.v1'),
    kafka: { brokers: [] },
    clock: clock as Clock,
    sink,
    ...more,
  });
  onTestFinished(() => spool.close(100));
  return { spool, clock };
}

const counted = (sink: MemorySink) =>
  new Map(sink.records().map((record) => [record.decision_id, record.type === 'access.decided' ? record.count : 0]));
const sum = (counts: Map<string, number>) => [...counts.values()].reduce((total, count) => total + count, 0);

it('gives each refusal a record of its own below the rate', async () => {
  const sink = new MemorySink();
  const { spool } = await open(sink);
  const told = Array.from({ length: 10 }, () => spool.appendUnverified(refused('203.0.113.7')).decisionId);
  await spool.flush(5000);
  expect([...counted(sink)]).toEqual(told.map((id) => [id, 1]));
});

it('counts refusals above the rate in one record, whose id their answers carry, and forgets none', async () => {
  const sink = new MemorySink();
  const { spool, clock } = await open(sink);
  const told: string[] = [];
  for (let second = 0; second < 3; second += 1) {
    for (let i = 0; i < 1000; i += 1) told.push(spool.appendUnverified(refused('203.0.113.7')).decisionId);
    clock.advance(1001);
  }
  await spool.flush(5000);
  const counts = counted(sink);
  expect(counts.size).toBe(33);
  for (const id of new Set(told)) expect(counts.get(id)).toBe(told.filter((each) => each === id).length);
});

it('counts apart what the tenant, the address and the reason tell apart', async () => {
  const sink = new MemorySink();
  const { spool } = await open(sink, { floodPerAddressSecond: 1 });
  const kinds = [
    refused('203.0.113.7'),
    refused('203.0.113.7', { reason: 'key_mac_mismatch', tenant_id: 'acme' }),
    refused('203.0.113.8'),
  ];
  for (let i = 0; i < 10; i += 1)
    for (const kind of kinds) spool.appendUnverified({ ...kind, decision_id: listed().decision_id });
  await spool.flush(5000);
  expect(sum(counted(sink))).toBe(30);
  const byReason = sink
    .records()
    .filter((record) => record.type === 'access.decided' && record.reason === 'key_mac_mismatch');
  expect(byReason.every((record) => record.tenant_id === 'acme')).toBe(true);
});

it('keeps a bounded number of addresses in mind; the others are counted together', async () => {
  const sink = new MemorySink();
  const { spool } = await open(sink);
  for (let i = 0; i < FLOOD_ADDRESSES_MAX + 500; i += 1) {
    spool.appendUnverified(refused(`2001:db8::${i.toString(16)}`));
  }
  await spool.flush(10_000);
  const counts = counted(sink);
  expect(sum(counts)).toBe(FLOOD_ADDRESSES_MAX + 500);
  expect(counts.size).toBe(FLOOD_ADDRESSES_MAX + 1);
});

it('keeps a bounded number of records while there is no broker, and still counts every refusal', async () => {
  const sink = new MemorySink();
  sink.down = true;
  const directory = spoolDirectory();
  const { spool, clock } = await open(sink, { floodRecordsMax: 100, directory });
  let made = 0;
  for (let second = 0; second < 20; second += 1) {
    for (let i = 0; i < 200; i += 1) {
      spool.appendUnverified(refused(`203.0.113.${i}`));
      made += 1;
    }
    clock.advance(1001);
  }
  expect(spool.lag().unpublishedRecords).toBeLessThanOrEqual(102);
  expect(filesIn(directory).reduce((total, { bytes }) => total + bytes, 0)).toBeLessThan(200_000);
  sink.down = false;
  await spool.flush(20_000);
  expect(sum(counted(sink))).toBe(made);
});

it('stops nobody else: decisions are appended and published while a flood fills its lane', async () => {
  const sink = new MemorySink();
  const { spool } = await open(sink, { floodRecordsMax: 50 });
  const kept: string[] = [];
  for (let i = 0; i < 5000; i += 1) {
    spool.appendUnverified(refused(`198.51.100.${i % 250}`));
    if (i % 100 === 0) {
      const record = listed();
      spool.append(record);
      kept.push(record.decision_id);
    }
  }
  await spool.flush(10_000);
  expect(sink.ids()).toEqual(expect.arrayContaining(kept));
});

it('never throws: what a full disk takes away is counted', async () => {
  const sink = new MemorySink();
  let full = false;
  const files = {
    ...systemFiles,
    write: (...args: Parameters<typeof systemFiles.write>) => {
      if (full) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
      return systemFiles.write(...args);
    },
  };
  const { spool } = await open(sink, { files });
  spool.appendUnverified(refused('203.0.113.7'));
  full = true;
  for (let i = 0; i < 20; i += 1) expect(spool.appendUnverified(refused('203.0.113.7')).decisionId).toBeTruthy();
  expect(spool.lag().unrecorded).toBe(20);
  full = false;
  spool.appendUnverified(refused('203.0.113.8'));
  await spool.flush(5000);
  expect(sum(counted(sink))).toBe(2);
});

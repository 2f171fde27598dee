import { DecisionBatch, decisionTopics, type DecisionRecord } from '#libs/contracts';
import { DecisionSpool, type Batch } from '#libs/spool';
import { slowDisk } from '#libs/testing';
import { expect, it, onTestFinished } from 'vitest';
import { answering, chat, gateway, post } from './pipeline.fixture.js';

const DISK_BYTES = 64 * 1024 * 1024;
const CALLERS = 8;
const STALLS = 2;
/** The machine may not let this process run while the disk stands still: then once more. */
const STALLS_MAX = 12;
const STALL_SECONDS = 1;
/** A write that takes longer has waited for the disk. */
const WAITED_MS = 300;

/** A gateway whose spool is on a disk that can be made to stand still, and what its broker got. */
async function onDisk(settings: object) {
  const disk = slowDisk(DISK_BYTES);
  const records: DecisionRecord[] = [];
  const send = (batches: readonly Batch[]) => {
    for (const { value } of batches)
      records.push(...DecisionBatch.parse(JSON.parse(Buffer.concat(value).toString())).records);
    return Promise.resolve();
  };
  const spool = await DecisionSpool.open({
    directory: disk.folder,
    service: 'gateway',
    replica: 'gateway-1',
    topic: decisionTopics.gateway,
    kafka: { brokers: [] },
    sink: { send, close: () => Promise.resolve() },
  });
  onTestFinished(() => spool.close(100));
  const seen = { waits: 0, begun: 0, safe: 0, calledEarly: 0 };
  const isStrict = 'auditMode' in settings;
  const writes = {
    append: spool.append.bind(spool),
    appendUnverified: spool.appendUnverified.bind(spool),
    appendJson: (...given: Parameters<DecisionSpool['appendJson']>) => {
      const beganMs = performance.now();
      spool.appendJson(...given);
      if (performance.now() - beganMs > WAITED_MS) seen.waits += 1;
      if (given[2] === 'opens' && !isStrict) seen.safe += 1;
    },
    durable: async () => {
      const beganMs = performance.now();
      await spool.durable();
      if (performance.now() - beganMs > WAITED_MS) seen.waits += 1;
      seen.safe += 1;
    },
  };
  const upstream: typeof answering = (request, response) => {
    seen.begun += 1;
    if (seen.begun > seen.safe) seen.calledEarly += 1;
    return answering(request, response);
  };
  return { disk, edge: await gateway(upstream, settings, { writes }), spool, records, seen };
}

it.each([
  ['any tenant', {}],
  ['a strict tenant', { auditMode: 'strict' }],
])(
  'a disk that stands still under load holds calls of %s up, loses and doubles no decision, and lets none go unrecorded',
  async (_whose, settings) => {
    const { disk, edge, spool, records, seen } = await onDisk(settings);
    const answers: { id: string; status: number }[] = [];
    const over = new AbortController();
    const caller = async () => {
      while (!over.signal.aborted) {
        const answer = await post(edge, chat);
        await answer.arrayBuffer();
        answers.push({ id: answer.headers.get('gatehouse-decision-id') ?? '', status: answer.status });
      }
    };
    const callers = Array.from({ length: CALLERS }, caller);
    for (let stalls = 0; stalls < STALLS || (seen.waits < STALLS && stalls < STALLS_MAX); stalls += 1) {
      await disk.stall(STALL_SECONDS);
    }
    over.abort();
    await Promise.all(callers);
    expect(seen.waits).toBeGreaterThanOrEqual(STALLS);
    expect(await spool.flush(20_000)).toBe(true);
    const made = answers.map(({ id }) => id).toSorted();
    const idsOf = (type: DecisionRecord['type']) =>
      records.filter((record) => record.type === type).map(({ decision_id: id }) => id);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(idsOf('access.decided').toSorted()).toEqual(made);
    expect(idsOf('call.completed').toSorted()).toEqual(made);
    expect([seen.begun, seen.calledEarly]).toEqual([made.length, 0]);
  },
  60_000,
);

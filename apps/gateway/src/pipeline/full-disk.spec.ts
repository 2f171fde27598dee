import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DecisionBatch, decisionTopics, type DecisionRecord } from '#libs/contracts';
import { DecisionSpool, type Batch } from '#libs/spool';
import { smallDisk, waitFor } from '#libs/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { chat, codeOf, gateway, post } from './pipeline.fixture.js';

const KIB = 1024;
/** More than fit into what is left of the page of the disk that was written to last. */
const CALLS = 12;

/** A gateway whose spool is on a disk of its own, and what its broker got. */
async function onDisk(settings: object) {
  const directory = smallDisk(256 * KIB);
  const records: DecisionRecord[] = [];
  let isBrokerAway = false;
  const take = (batches: readonly Batch[]) => {
    if (isBrokerAway) return Promise.reject(new Error('no broker'));
    for (const { value } of batches)
      records.push(...DecisionBatch.parse(JSON.parse(Buffer.concat(value).toString())).records);
    return Promise.resolve();
  };
  const spool = await DecisionSpool.open({
    directory,
    service: 'gateway',
    replica: 'gateway-1',
    topic: decisionTopics.gateway,
    kafka: { brokers: [] },
    sink: { send: take, close: () => Promise.resolve() },
  });
  onTestFinished(() => spool.close(100));
  const edge = await gateway(undefined, settings, { writes: spool });
  const others = join(directory, 'of-somebody-else');
  /** What is published makes room; so nothing is while the disk is full. */
  const fill = async () => {
    expect(await spool.flush(20_000)).toBe(true);
    isBrokerAway = true;
    const file = openSync(others, 'w');
    expect(() => {
      for (;;) writeSync(file, Buffer.alloc(KIB));
    }).toThrow('ENOSPC');
    closeSync(file);
  };
  const makeRoom = () => {
    rmSync(others);
    isBrokerAway = false;
  };
  const call = async () => {
    const answer = await post(edge, chat);
    const id = answer.headers.get('gatehouse-decision-id') ?? '';
    return { id, status: answer.status, code: answer.status === 200 ? '200' : await codeOf(answer) };
  };
  const calls = async () => {
    const made = [];
    for (let n = 0; n < CALLS; n += 1) made.push(await call());
    return made;
  };
  const allowed = () => records.filter((each) => each.type === 'access.decided' && each.outcome === 'allow');
  const idsAllowed = async () => {
    expect(await spool.flush(20_000)).toBe(true);
    return allowed().map(({ decision_id: id }) => id);
  };
  return { edge, fill, makeRoom, call, calls, idsAllowed };
}

describe('on a full disk', () => {
  it('a strict tenant is refused and nothing is called for it, until there is room; what was served is on record, once', async () => {
    const { edge, fill, makeRoom, call, calls, idsAllowed } = await onDisk({ auditMode: 'strict' });
    const before = await call();
    await fill();
    const made = await calls();
    expect(made.at(-1)?.code).toBe('503 audit_unavailable');
    makeRoom();
    const after = await waitFor(async () => {
      const one = await call();
      return one.status === 200 && one;
    });
    const served = [before, ...made, after].filter(({ status }) => status === 200).map(({ id }) => id);
    expect(served.length).toBeLessThan(CALLS);
    expect(edge.upstreamRequests).toHaveLength(served.length);
    expect(await idsAllowed()).toEqual(served);
  });

  it('any other tenant is served; what could be written is on record once, and all of it once there is room', async () => {
    const { fill, makeRoom, call, calls, idsAllowed } = await onDisk({});
    const before = await call();
    await fill();
    const made = await calls();
    expect(made.map(({ status }) => status)).toEqual(made.map(() => 200));
    makeRoom();
    const after = await calls();
    const recorded = await idsAllowed();
    expect(recorded[0]).toBe(before.id);
    expect(recorded.slice(-CALLS)).toEqual(after.map(({ id }) => id));
    const meanwhile = recorded.slice(1, -CALLS);
    expect(meanwhile.length).toBeLessThan(CALLS);
    expect(meanwhile).toEqual(made.map(({ id }) => id).filter((id) => meanwhile.includes(id)));
    expect(new Set(recorded).size).toBe(recorded.length);
  });
});

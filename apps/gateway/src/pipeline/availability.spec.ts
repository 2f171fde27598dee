import { SpoolUnwritable } from '#libs/spool';
import { describe, expect, it } from 'vitest';
import { chat, codeOf, gateway, post } from './pipeline.fixture.js';

describe('a replica that must not decide', () => {
  it('answers 503 before it has replayed, and past its lease', async () => {
    const edge = await gateway();
    edge.state.ready = false;
    expect(await codeOf(await post(edge, chat))).toBe('503 not_ready');
    edge.state.ready = true;
    edge.state.fresh = { serve: false, staleMs: 20_000 };
    expect(await codeOf(await post(edge, chat))).toBe('503 snapshot_stale');
    expect((await fetch(`${edge.url}/v1/models`, { headers: { 'api-key': edge.keys.dev } })).status).toBe(503);
    edge.state.fresh = { serve: true, staleMs: 1_500 };
    expect((await post(edge, chat)).status).toBe(200);
    expect(edge.spool.records.find((record) => 'stale_ms' in record && record.outcome === 'allow')).toMatchObject({
      stale_ms: 1_500,
    });
  });

  it('answers 503 for a tenant whose policy is not complete', async () => {
    const edge = await gateway();
    edge.set({ snapshot: undefined });
    expect(await codeOf(await post(edge, chat))).toBe('503 not_ready');
  });

  it('waits for a position that is asked for, and says when it is not reached', async () => {
    const edge = await gateway();
    const asking = (position: string) => post(edge, chat, { 'gatehouse-min-position': position });
    expect((await asking('identity:42')).status).toBe(200);
    edge.state.waited = 'timeout';
    expect(await codeOf(await asking('policy:99'))).toBe('503 snapshot_stale');
    expect(await codeOf(await asking('other:1'))).toBe('400 invalid_request');
  });
});

describe('a disk that stands still for longer than the lease', () => {
  it.each([
    ['while a record is written', {}, 'append'],
    ['while a strict tenant’s record is synced', { auditMode: 'strict' }, 'durable'],
  ] as const)('lets nothing through that was decided before, %s', async (_, settings, slow) => {
    const edge = await gateway(undefined, settings);
    const { spool, state } = edge;
    const stands = spool[slow].bind(spool) as (...given: unknown[]) => void;
    spool[slow] = ((...given: unknown[]) => {
      state.fresh = { serve: false, staleMs: 2_000 };
      return stands(...given);
    }) as never;
    expect(await codeOf(await post(edge, chat))).toBe('503 snapshot_stale');
    expect(edge.upstreamRequests).toEqual([]);
    // It was allowed, and is on record as that; its end says what became of it.
    expect(spool.records).toMatchObject([
      { type: 'access.decided', outcome: 'allow' },
      { type: 'call.completed', outcome: 'failed', error_type: 'snapshot_stale' },
    ]);
  });

  it('gives no list of models out either', async () => {
    const edge = await gateway();
    const append = edge.spool.append.bind(edge.spool);
    edge.spool.append = (record) => {
      edge.state.fresh = { serve: false, staleMs: 2_000 };
      append(record);
    };
    expect((await fetch(`${edge.url}/v1/models`, { headers: { 'api-key': edge.keys.dev } })).status).toBe(503);
  });
});

describe('when records cannot be written', () => {
  it.each([
    ['beyond the spool’s bound nobody is served', 'bound', {}, '503 audit_unavailable', 0],
    ['a strict tenant is not served over a failing disk', 'disk', { auditMode: 'strict' }, '503 audit_unavailable', 0],
  ] as const)('%s', async (_, reason, settings, expected, calls) => {
    const edge = await gateway(undefined, settings);
    edge.spool.breaks = new SpoolUnwritable(reason);
    expect(await codeOf(await post(edge, chat))).toBe(expected);
    expect(edge.upstreamRequests).toHaveLength(calls);
  });

  it('any other tenant is served over a failing disk, with an alarm', async () => {
    const edge = await gateway();
    edge.spool.breaks = new SpoolUnwritable('disk');
    expect((await post(edge, chat)).status).toBe(200);
  });
});

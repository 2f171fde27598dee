import { LOG_LEASE_MS } from '#libs/bus';
import { FakeClock } from '#libs/testing';
import type { Clock } from '#libs/telemetry';
import { SpoolUnwritable } from '#libs/spool';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { populated, send, service } from './service.fixture.js';
import { effects } from './things.fixture.js';

let running: Awaited<ReturnType<typeof service>>;
const open = async (change: Parameters<typeof service>[1]) => {
  running = await service(undefined, change);
  return running;
};
beforeEach(() => {
  effects.length = 0;
});
afterEach(() => running.close());

it('answers 503 not_ready until both topics are replayed, whoever asks', async () => {
  const bus = { replay: () => new Promise(() => undefined), ensureTopics: () => Promise.resolve() };
  const { app, records } = await open({ bus: bus as never });
  const answer = await send(app, 'ada', 'GET /v1/things');
  expect(answer).toMatchObject({ status: 503, json: { code: 'not_ready' } });
  expect(records).toMatchObject([{ decision_id: answer.id, reason: 'not_ready', tenant_id: '', http_status: 503 }]);
  expect(await send(app, undefined, 'GET /readyz')).toMatchObject({ status: 503 });
});

describe('past the log lease', () => {
  const cut = async () => {
    const clock = new FakeClock();
    await open({ clock: clock as unknown as Clock });
    await populated(running);
    running.bus.isCut = true;
    clock.advance(LOG_LEASE_MS + 1_000);
    return running;
  };

  it('everything is 503 snapshot_stale, also what would be denied', async () => {
    const { app, records } = await cut();
    for (const who of ['ada', 'vic', 'operator'] as const) {
      const answer = await send(app, who, 'POST /v1/things', { body: { name: 'late' } });
      expect(answer).toMatchObject({ status: 503, json: { code: 'snapshot_stale' } });
    }
    expect(await send(app, 'ada', 'GET /v1/things')).toMatchObject({ status: 503 });
    expect(effects).toEqual([]);
    expect(records.map(({ reason }) => reason)).toEqual(['stale', 'stale', 'stale', 'stale']);
    expect(records[0]?.stale_ms).toBeGreaterThanOrEqual(1_000);
  });

  it('revoking goes on, for whoever may, and is flagged', async () => {
    const { app, records } = await cut();
    expect(await send(app, 'ada', 'POST /v1/things/key1/revoke')).toMatchObject({ status: 200 });
    expect(await send(app, 'vic', 'POST /v1/things/key1/revoke')).toMatchObject({ status: 403 });
    expect(effects).toEqual(['revoked key1']);
    expect(records.map(({ outcome }) => outcome)).toEqual(['allow', 'deny']);
    expect(records[0]?.stale_ms).toBeGreaterThanOrEqual(1_000);
  });

  it('credentials are still told apart: a wrong one is 401', async () => {
    const { app } = await cut();
    expect(await send(app, { text: 'gh_nonsense' }, 'GET /v1/things')).toMatchObject({ status: 401 });
  });
});

describe('a disk that stands still while the decision is written, until the lease is over', () => {
  const asleep = async () => {
    const clock = new FakeClock();
    const records: Record<string, unknown>[] = [];
    const append = (record: Record<string, unknown>) => {
      records.push(record);
      running.bus.isCut = true;
      clock.advance(LOG_LEASE_MS + 1_000);
    };
    const spool = { append, durable: () => Promise.resolve() };
    const { app } = await open({ clock: clock as unknown as Clock, spool: spool as never });
    await populated(running);
    return { app, records };
  };

  it.each([
    ['POST /v1/things', { body: { name: 'late' } }],
    ['GET /v1/things', {}],
    ['DELETE /v1/things/key1', {}],
  ] as const)('%s has no effect: 503 snapshot_stale, recorded as the last word', async (call, more) => {
    const { app, records } = await asleep();
    const answer = await send(app, 'ada', call, more);
    expect(answer).toMatchObject({ status: 503, json: { code: 'snapshot_stale' } });
    expect(effects).toEqual([]);
    expect(records).toMatchObject([
      { outcome: 'allow', reason: 'granted' },
      { outcome: 'deny', reason: 'stale', decision_id: answer.id, http_status: 503 },
    ]);
  });

  it('revoking goes on', async () => {
    const { app, records } = await asleep();
    expect(await send(app, 'ada', 'POST /v1/things/key1/revoke')).toMatchObject({ status: 200 });
    expect(effects).toEqual(['revoked key1']);
    expect(records).toMatchObject([{ outcome: 'allow' }]);
  });
});

describe('a spool that cannot be written', () => {
  it('lets no allowed request take effect: 503 audit_unavailable', async () => {
    const told: object[] = [];
    const spool = {
      append: () => {
        throw new SpoolUnwritable('disk');
      },
      appendUnverified: (record: { decision_id: string }) => (told.push(record), { decisionId: record.decision_id }),
      durable: () => Promise.resolve(),
    };
    const { app } = await open({ spool: spool as never });
    await populated(running);
    const answer = await send(app, 'ada', 'POST /v1/things', { body: { name: 'unseen' } });
    expect(answer).toMatchObject({ status: 503, json: { code: 'audit_unavailable' } });
    expect(effects).toEqual([]);
    expect(await send(app, 'vic', 'POST /v1/things', { body: { name: 'no' } })).toMatchObject({ status: 403 });
    expect(told).toMatchObject([
      { decision_id: answer.id, reason: 'audit_unavailable' },
      { reason: 'no_matching_rule' },
    ]);
  });
});

import { headKey } from '#libs/contracts';
import { IdempotencyStore, MemoryIdempotencyStore } from '#libs/http';
import { SystemClock } from '#libs/telemetry';
import { waitFor } from '#libs/testing';
import { Controller, Get, HttpCode, Module, Param, Post } from '@nestjs/common';
import { afterEach, expect, it } from 'vitest';
import type { Caller } from '../authentication/caller.js';
import { PolicyView } from '../policy/policy-view.js';
import { binding, Publisher } from '../policy/policy.fixture.js';
import { Access } from './access.js';
import { CallerParam, Requires } from './decorators.js';
import { populated, send, service } from './service.fixture.js';
import { ThingsController } from './things.fixture.js';

let running: Awaited<ReturnType<typeof service>>;
afterEach(() => running.close());

/** Asks twice: the first question is about the tenant, the second about the thing that the path names. */
@Controller('v1/twice')
class TwiceController {
  constructor(private readonly access: Access) {}

  @Post(':id')
  @HttpCode(202)
  @Requires('key:create')
  twice(@CallerParam() caller: Caller, @Param('id') id: string) {
    this.access.require(caller, 'key:create', { type: 'key', path: 'new', owner: caller.principalId });
    this.access.require(caller, 'key:create', { type: 'key', path: id, owner: 'user_ada' });
    return { id };
  }

  @Get()
  @Requires('key:read')
  peek(@CallerParam() caller: Caller) {
    const may = this.access.allowed(caller, 'key:read', { type: 'key', path: 'x', owner: caller.principalId });
    this.access.require(caller, 'key:read', { type: 'key', path: 'x', owner: caller.principalId });
    return { may };
  }

  @Post(':id/grant')
  @Requires('key:create')
  grant(@CallerParam() caller: Caller, @Param('id') id: string) {
    const question = { action: 'key:create', resource: { type: 'key', path: id, owner: caller.principalId } };
    this.access.requireAll(caller, [question]);
    throw this.access.grantRefused(caller, question, {
      statement: 'a/b',
      action: 'model:invoke',
      resource: 'model:x/y',
    });
  }

  @Get('many')
  @Requires('key:read')
  many(@CallerParam() caller: Caller) {
    const own = Array.from({ length: 5_000 }, (_, n) => ({ type: 'key', path: `k${n}`, owner: caller.principalId }));
    this.access.requireAll(
      caller,
      own.map((resource) => ({ action: 'key:read', resource })),
    );
    return {};
  }
}

it('records each question of a handler as a decision of its own, and answers the id of the one that counts', async () => {
  running = await service([TwiceController]);
  await populated(running);
  const refused = await send(running.app, 'dev', 'POST /v1/twice/key2');
  expect(refused.status).toBe(403);
  const [first, second] = running.records;
  expect(running.records).toHaveLength(2);
  expect([first?.outcome, second?.outcome]).toEqual(['allow', 'deny']);
  expect(first?.decision_id).not.toBe(second?.decision_id);
  expect(refused.id).toBe(second?.decision_id);
  const allowed = await send(running.app, 'ada', 'POST /v1/twice/key2');
  expect(allowed).toMatchObject({ status: 202, id: running.records[2]?.decision_id });
  expect(running.records).toHaveLength(4);
  expect(running.records[3]?.http_status).toBe(202);
});

it('answers a refused grant with its counter-example, and records it as the decision that counts', async () => {
  running = await service([TwiceController]);
  await populated(running);
  const { status, id, json } = await send(running.app, 'dev', 'POST /v1/twice/k1/grant');
  const example = { statement: 'a/b', action: 'model:invoke', resource: 'model:x/y' };
  expect([status, json]).toMatchObject([403, { code: 'grant/not-held', errors: [example] }]);
  expect(running.records.map(({ outcome, reason }) => `${outcome} ${reason}`)).toEqual([
    'allow granted',
    'deny grant_not_held',
  ]);
  expect(running.records[1]).toMatchObject({ decision_id: id, attributes: { 'grant.resource': 'model:x/y' } });
});

it('bounds the record of a decision about thousands of things', async () => {
  running = await service([TwiceController]);
  await populated(running);
  expect((await send(running.app, 'dev', 'GET /v1/twice/many')).status).toBe(200);
  expect(running.records.map(({ resource }) => resource)).toEqual([
    expect.stringMatching(/^k0,k1,.*,k15 and 4984 more$/),
  ]);
});

it('does not record what a handler only looks at', async () => {
  running = await service([TwiceController]);
  await populated(running);
  expect(await send(running.app, 'dev', 'GET /v1/twice')).toMatchObject({ json: { may: true } });
  expect(running.records).toHaveLength(1);
});

it('keeps no operator out of a tenant whose policy cannot be put in force, and everybody else', async () => {
  running = await service();
  await populated(running);
  const head = new Publisher('globex').head({ revision: 1, documentCount: 9 });
  await running.policy.write({ [headKey('globex')]: head });
  await waitFor(() => running.app.get(PolicyView).alarms().length === 1);
  const gil = await send(running.app, 'gil', 'GET /v1/things/foreign1');
  expect(gil).toMatchObject({ status: 503, json: { code: 'not_ready' } });
  expect(await send(running.app, 'operator', 'GET /v1/things/foreign1')).toMatchObject({ status: 200 });
  expect(await send(running.app, 'ada', 'GET /v1/things/key1')).toMatchObject({ status: 200 });
});

it('answers a strict tenant only when its decision is on disk', async () => {
  const written: string[] = [];
  const spool = {
    append: () => void written.push('appended'),
    appendUnverified: (record: { decision_id: string }) => ({ decisionId: record.decision_id }),
    durable: async () => void written.push('on disk'),
  };
  running = await service(undefined, { spool: spool as never });
  await populated(running);
  await send(running.app, 'ada', 'GET /v1/things');
  expect(written).toEqual(['appended']);
  const settings = {
    apiVersion: 'gatehouse/v1',
    kind: 'TenantSettings',
    metadata: { name: 'settings', tenant: 'acme' },
  };
  const publisher = new Publisher();
  publisher.apply([binding('admins', 'user:user_ada', 'admin')]);
  const admins = binding('admins', 'user:user_ada', 'admin');
  const strict = { ...settings, kind: 'TenantSettings' as const, spec: { auditMode: 'strict' } };
  await running.policy.write(
    Object.fromEntries(publisher.apply([admins, binding('devs', 'user:user_dev', 'developer'), strict])),
  );
  await waitFor(() => running.app.get(PolicyView).revision('acme') === 2);
  written.length = 0;
  expect(await send(running.app, 'ada', 'GET /v1/things')).toMatchObject({ status: 200 });
  expect(written).toEqual(['appended', 'on disk']);
});

it('takes the repetition of an idempotent request for the answer that it is', async () => {
  const store = { provide: IdempotencyStore, useFactory: () => new MemoryIdempotencyStore(new SystemClock()) };
  @Module({ providers: [store], exports: [store], controllers: [ThingsController] })
  class WithStore {}
  running = await service([], { imports: [WithStore] });
  await populated(running);
  const headers = { 'idempotency-key': 'k1' };
  const [first, again] = [
    await send(running.app, 'ada', 'POST /v1/things', { body: { name: 'once' }, headers }),
    await send(running.app, 'ada', 'POST /v1/things', { body: { name: 'once' }, headers }),
  ];
  expect([first.status, again.status]).toEqual([201, 201]);
  expect(again.headers['idempotent-replayed']).toBe('true');
  expect(running.records.map(({ outcome }) => outcome)).toEqual(['allow', 'allow']);
  expect(running.records[1]).toMatchObject({ decision_id: again.id, attributes: { replayed: 'true' } });
});

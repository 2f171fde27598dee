import { FakeClock } from '#libs/testing';
import { silentLogger } from '#libs/telemetry';
import { Body, Controller, Injectable, Module, Post, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { answer } from '../answers/answer.js';
import { problem } from '../problems/problem.js';
import { createService } from '../service/create-service.js';
import { IDEMPOTENCY_KEPT_MS, IDEMPOTENCY_LEASE_MS, IdempotencyStore } from './idempotency-store.js';
import { MemoryIdempotencyStore } from './memory-idempotency-store.js';
import { ShownOnce } from './shown-once.js';

const KEY_TEXT = `gh_vakp_abcdefghijkl_${'a'.repeat(43)}_ZzZzZz`;
const clock = new FakeClock();
let made = 0;
let gate: Promise<void> | undefined;

@Controller('v1/keys')
class KeysController {
  @Post()
  @ShownOnce('recovery_code')
  async create(@Body() body: { name?: string }) {
    await gate;
    if (body.name === 'bad') throw problem(409, 'key/name-taken', 'Taken.');
    made += 1;
    const created = {
      object: 'api_key',
      id: `k${made}`,
      value: KEY_TEXT,
      recovery_code: 'r',
      curl: `-H "${KEY_TEXT}"`,
    };
    return answer(created, { version: 1, position: { store: 'identity', position: 7 } });
  }
}

@Injectable()
class SpecGuard implements CanActivate {
  canActivate(context: ExecutionContext) {
    const request = context.switchToHttp().getRequest<{ headers: Record<string, string>; caller?: unknown }>();
    const principalId = request.headers['x-principal'];
    if (principalId) request.caller = { tenantId: 'acme', principalId };
    return true;
  }
}

const store = new MemoryIdempotencyStore(clock);

@Module({
  controllers: [KeysController],
  providers: [
    { provide: IdempotencyStore, useValue: store },
    { provide: APP_GUARD, useClass: SpecGuard },
  ],
})
class KeysModule {}

let app: NestFastifyApplication;
beforeEach(async () => {
  made = 0;
  gate = undefined;
  clock.advance(IDEMPOTENCY_KEPT_MS + 1);
  app = await createService(KeysModule, { service: 'spec', port: 0, logger: silentLogger });
});
afterEach(() => app.close());

const create = (key: string, body: object = { name: 'a' }, principal = 'user_1') =>
  app.inject({
    method: 'POST',
    url: '/v1/keys',
    payload: body,
    headers: { 'idempotency-key': key, ...(principal && { 'x-principal': principal }) },
  });

it('answers a repeated creation with the same object without what is shown once, and creates nothing', async () => {
  const first = await create('once');
  expect(first.json()).toMatchObject({ id: 'k1', value: KEY_TEXT, recovery_code: 'r' });
  const again = await create('once');
  expect(again.json()).toEqual({ object: 'api_key', id: 'k1' });
  expect([again.statusCode, again.headers['etag'], again.headers['gatehouse-position']]).toEqual([
    201,
    '"1"',
    'identity:7',
  ]);
  expect(again.headers['idempotent-replayed']).toBe('true');
  expect(made).toBe(1);
});

it('never hands a shown-once value to the store', async () => {
  await create('stored');
  expect(JSON.stringify([...(store as unknown as { entries: Map<string, unknown> }).entries])).not.toContain(
    'aaaaaaaa',
  );
});

it('refuses the same key with another body', async () => {
  await create('reused');
  const other = await create('reused', { name: 'b' });
  expect([other.statusCode, other.json<{ code: string }>().code]).toEqual([422, 'idempotency/key-reused']);
});

it('does not let one caller meet the key of another', async () => {
  await create('theirs');
  expect((await create('theirs', { name: 'a' }, 'user_2')).json()).toMatchObject({ id: 'k2', value: KEY_TEXT });
});

it('lets a request that failed be made again', async () => {
  expect((await create('failed', { name: 'bad' })).statusCode).toBe(409);
  expect((await create('failed', { name: 'good' })).statusCode).toBe(201);
});

it('lets one of two parallel requests through', async () => {
  let open = () => {};
  gate = new Promise((resolve) => (open = resolve));
  const first = Promise.resolve(create('parallel'));
  const second = await create('parallel');
  expect([second.statusCode, second.json<{ code: string }>().code]).toEqual([409, 'idempotency/in-progress']);
  open();
  expect((await first).statusCode).toBe(201);
  expect(made).toBe(1);
});

it('frees the key of a request that died, and forgets answers after a day', async () => {
  await store.claim({ scope: 'acme user_1 POST /v1/keys', key: 'dead', digest: 'd' });
  expect((await create('dead')).statusCode).toBe(422);
  clock.advance(IDEMPOTENCY_LEASE_MS + 1);
  expect((await create('dead')).json()).toMatchObject({ id: 'k1' });
  clock.advance(IDEMPOTENCY_KEPT_MS + 1);
  expect((await create('dead')).json()).toMatchObject({ id: 'k2' });
});

it('refuses a malformed key and ignores one where nobody is verified', async () => {
  expect((await create('a b')).statusCode).toBe(400);
  expect((await create('x'.repeat(256))).statusCode).toBe(400);
  await create('public', { name: 'a' }, '');
  await create('public', { name: 'a' }, '');
  expect(made).toBe(2);
});

import { DomainError } from '#libs/decider';
import { createLogger, SystemClock } from '#libs/telemetry';
import {
  Body,
  Controller,
  Get,
  HttpException,
  Module,
  NotFoundException,
  Param,
  Post,
  Query,
  Res,
} from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { answer } from '../answers/answer.js';
import { IfMatch } from '../answers/etag.js';
import { decodeCursor } from '../lists/cursor.js';
import { page, PageQuery } from '../lists/page.js';
import { refusal } from '../problems/problem.js';
import { createService } from './create-service.js';
import { Readiness } from './readiness.js';
import { RoutePaths } from './route-paths.js';

const ThingBody = z.strictObject({
  name: z.string().min(1),
  limits: z.strictObject({ models: z.array(z.string()).min(1) }).optional(),
});
const INTERNAL = 'password=hunter2 at /srv/app';

@Controller('v1/things')
class ThingsController {
  @Post()
  create(@Body({ schema: ThingBody }) body: z.output<typeof ThingBody>) {
    return answer(
      { object: 'thing', name: body.name },
      { version: 1, position: { store: 'identity', position: 1042 } },
    );
  }

  @Get()
  list(@Query({ schema: PageQuery }) query: PageQuery) {
    const after = query.after === undefined ? 0 : Number(decodeCursor(query.after, 1)[0]);
    const rows = Array.from({ length: 7 }, (_, i) => i + 1).filter((n) => n > after);
    return page(
      rows.slice(0, query.limit + 1),
      query.limit,
      (n) => [n],
      (n) => ({ object: 'thing', id: String(n) }),
    );
  }

  @Get(':thingId')
  get(@Param('thingId') thingId: string) {
    if (thingId === 'domain') throw new DomainError('thing/not-found', 'No such thing.');
    if (thingId === 'taken') throw new DomainError('thing/name-taken', 'The name is taken.');
    if (thingId === 'odd') throw new DomainError('thing/odd', 'Odd.');
    if (thingId === 'denied') throw refusal('action_not_allowed', 'You may not do this.');
    if (thingId === 'written') throw new HttpException({ code: 'not_ready', detail: 'Wait.' }, 503);
    if (thingId === 'framework') throw new NotFoundException(INTERNAL);
    throw Object.assign(new Error(INTERNAL), { code: 'SOME' });
  }

  @Post(':thingId/rename')
  rename(@IfMatch() expected: number | undefined) {
    return answer({ expected: expected ?? null }, { status: 202 });
  }

  @Post('bundle')
  bundle(@Body() text: unknown) {
    return { type: typeof text, text };
  }

  @Get('broken/stream')
  broken(@Res() reply: { raw: NodeJS.WritableStream & { writeHead(status: number): void } }) {
    reply.raw.writeHead(200);
    reply.raw.write('half');
    throw new Error('in the middle');
  }
}

@Module({ controllers: [ThingsController] })
class ThingsModule {}

const logged: string[] = [];
let app: NestFastifyApplication;

beforeAll(async () => {
  app = await createService(ThingsModule, {
    service: 'spec',
    port: 0,
    bodyBytesMax: 2000,
    statuses: { 'thing/odd': 418 },
    clock: new SystemClock(),
    logger: createLogger({ service: 'spec', destination: { write: (line) => void logged.push(line) } }),
  });
});
afterAll(() => app.close());

const post = (url: string, payload: string, type = 'application/json', headers: Record<string, string> = {}) =>
  app.inject({ method: 'POST', url, payload, headers: { 'content-type': type, ...headers } });

describe('a body that does not fit', () => {
  it('is 400 with a JSON pointer for each mistake, unknown fields included', async () => {
    const response = await post('/v1/things', '{"name":7,"role":"admin","limits":{"models":[1],"a/b":2}}');
    expect(response.statusCode).toBe(400);
    expect(response.headers['content-type']).toBe('application/problem+json');
    const body = response.json<Record<string, unknown> & { errors: { pointer: string }[] }>();
    expect(body).toMatchObject({ type: 'urn:gatehouse:problem:invalid_request', title: 'Bad Request', status: 400 });
    expect(body['code']).toBe('invalid_request');
    expect(body.errors.map(({ pointer }) => pointer).sort()).toEqual([
      '/limits/a~1b',
      '/limits/models/0',
      '/name',
      '/role',
    ]);
  });
  it.each([
    ['malformed JSON', '{"name":', 400, 'invalid_json'],
    ['no JSON at all', '', 400, 'invalid_json'],
    ['a list', '[]', 400, 'invalid_request'],
    ['null', 'null', 400, 'invalid_request'],
    ['a prototype in disguise', '{"name":"a","__proto__":{"x":1}}', 400, 'invalid_request'],
    ['too much', JSON.stringify({ name: 'x'.repeat(3000) }), 413, 'body_too_large'],
  ])('%s is refused with its own code', async (_, payload, status, code) => {
    const response = await post('/v1/things', payload);
    expect([response.statusCode, response.json<{ code: string }>().code]).toEqual([status, code]);
    expect(response.headers['content-type']).toBe('application/problem+json');
  });
  it('is 400 where it can be read in two ways, and tells the place', async () => {
    const twice = await post('/v1/things', '{"name":"a","limits":{"models":["x"],"mod\\u0065ls":["y"]}}');
    expect(twice.json()).toMatchObject({
      status: 400,
      code: 'ambiguous_body',
      errors: [{ pointer: '/limits/models' }],
    });
    const bytes = Buffer.concat([Buffer.from('{"name":"'), Buffer.from([0xff]), Buffer.from('"}')]);
    const headers = { 'content-type': 'application/json' };
    const broken = await app.inject({ method: 'POST', url: '/v1/things', payload: bytes, headers });
    expect(broken.json()).toMatchObject({ status: 400, code: 'invalid_json' });
    expect((await post('/v1/things', '')).json()).toMatchObject({ status: 400, code: 'invalid_json' });
  });
  it('of another content type is 415', async () => {
    const response = await post('/v1/things', 'x', 'application/octet-stream');
    expect([response.statusCode, response.json<{ code: string }>().code]).toEqual([415, 'unsupported_media_type']);
  });
});

describe('YAML bodies', () => {
  it('reach the handler as text', async () => {
    const response = await post(
      '/v1/things/bundle',
      'kind: Role\n---\nkind: Model\n',
      'application/yaml; charset=utf-8',
    );
    expect(response.json()).toEqual({ type: 'string', text: 'kind: Role\n---\nkind: Model\n' });
  });
  it('are bounded, and must be UTF-8', async () => {
    expect((await post('/v1/things/bundle', 'a'.repeat(2001), 'application/yaml')).statusCode).toBe(413);
    const bytes = await app.inject({
      method: 'POST',
      url: '/v1/things/bundle',
      payload: Buffer.from([0x61, 0xff, 0x62]),
      headers: { 'content-type': 'application/yaml' },
    });
    expect(bytes.statusCode).toBe(400);
  });
});

describe('a refusal', () => {
  it.each([
    ['domain', 404, 'thing/not-found'],
    ['taken', 409, 'thing/name-taken'],
    ['odd', 418, 'thing/odd'],
    ['denied', 403, 'action_not_allowed'],
    ['written', 503, 'not_ready'],
    ['framework', 404, 'not_found'],
  ])('%s answers the status of the one table', async (id, status, code) => {
    const response = await app.inject(`/v1/things/${id}`);
    expect([response.statusCode, response.json<{ code: string }>().code]).toEqual([status, code]);
    expect(response.body).not.toContain('hunter2');
  });
  it('of our own making is 500 without a word of the error, which is logged with the request id', async () => {
    const response = await app.inject({ url: '/v1/things/boom', headers: { 'x-request-id': 'req-77' } });
    expect(response.statusCode).toBe(500);
    expect(response.body).not.toMatch(/hunter2|SOME|srv/);
    expect(logged.find((line) => line.includes('req-77'))).toContain('hunter2');
  });
  it('of an unknown path is 404, of a known path with another method 405 with allow', async () => {
    const missing = await app.inject('/v1/nothing?key=secret');
    expect([missing.statusCode, missing.json<{ code: string }>().code]).toEqual([404, 'not_found']);
    expect(missing.body).not.toContain('secret');
    const wrong = await app.inject({ method: 'DELETE', url: '/v1/things?x=1' });
    expect([wrong.statusCode, wrong.json<{ code: string }>().code]).toEqual([405, 'method_not_allowed']);
    expect(wrong.headers['allow']).toBe('GET, HEAD, POST');
  });
  it('of a URL that cannot be read is a problem too', async () => {
    const response = await app.inject('/v1/things/%zz');
    expect([response.statusCode, response.json<{ code: string }>().code]).toEqual([400, 'invalid_request']);
    expect(response.headers['x-request-id']).toBeTruthy();
  });
});

describe('request ids', () => {
  it('are taken over when they are well formed', async () => {
    const response = await app.inject({ url: '/healthz', headers: { 'x-request-id': 'abc-DEF_1.2:3' } });
    expect(response.headers['x-request-id']).toBe('abc-DEF_1.2:3');
  });
  it.each(['', 'a b', 'x'.repeat(129), '<script>', '-a', 'ä'])('are made anew instead of %j', async (id) => {
    const response = await app.inject({ url: '/healthz', headers: { 'x-request-id': id } });
    expect(response.headers['x-request-id']).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });
});

describe('answers', () => {
  it('carry version, position and status, and are kept by no cache', async () => {
    const response = await post('/v1/things', '{"name":"a"}');
    expect(response.statusCode).toBe(201);
    expect(response.headers).toMatchObject({
      etag: '"1"',
      'gatehouse-position': 'identity:1042',
      'cache-control': 'no-store',
    });
    expect(response.json()).toEqual({ object: 'thing', name: 'a' });
  });
  it('to a write without If-Match are 428, with another tag 412, with * unconditional', async () => {
    const rename = (tag?: string) =>
      post('/v1/things/a/rename', '{}', 'application/json', tag ? { 'if-match': tag } : {});
    expect((await rename()).statusCode).toBe(428);
    expect((await rename('W/"1"')).statusCode).toBe(412);
    const matched = await rename('"12"');
    expect([matched.statusCode, matched.json()]).toEqual([202, { expected: 12 }]);
    expect((await rename('*')).json()).toEqual({ expected: null });
  });
});

describe('lists', () => {
  it('go through every item once by their cursors', async () => {
    const seen: string[] = [];
    let url = '/v1/things?limit=3';
    for (let pages = 0; pages < 5; pages += 1) {
      const body = (await app.inject(url)).json<{ data: { id: string }[]; has_more: boolean; next_cursor?: string }>();
      seen.push(...body.data.map(({ id }) => id));
      if (!body.has_more) break;
      url = `/v1/things?limit=3&after=${body.next_cursor}`;
    }
    expect(seen).toEqual(['1', '2', '3', '4', '5', '6', '7']);
  });
  it.each(['limit=0', 'limit=201', 'limit=-1', 'limit=1e2', 'limit=1&limit=2', 'page=2', 'after=%00', 'after=W10'])(
    'refuse %s',
    async (query) => {
      expect((await app.inject(`/v1/things?${query}`)).statusCode).toBe(400);
    },
  );
});

it('says when it is ready, and what it waits for', async () => {
  expect((await app.inject('/readyz')).json()).toEqual({ status: 'ready', checks: {} });
  let ready = false;
  app.get(Readiness).register('feed', () => ready || 'replaying');
  app.get(Readiness).register('store', () => {
    if (!ready) throw new Error(INTERNAL);
    return true;
  });
  const waiting = await app.inject('/readyz');
  expect([waiting.statusCode, waiting.json()]).toEqual([
    503,
    { status: 'not_ready', checks: { feed: 'replaying', store: 'failing' } },
  ]);
  ready = true;
  expect((await app.inject('/readyz')).statusCode).toBe(200);
  expect((await app.inject('/healthz')).json()).toEqual({ status: 'ok' });
});

it('gives a sender half a minute for a whole request, half of it for the headers: slow ones hold no connection longer', () => {
  const { requestTimeout, headersTimeout } = app.getHttpServer();
  expect([requestTimeout, headersTimeout]).toEqual([30_000, 15_000]);
});

it('knows every route that it serves', () => {
  const paths = app
    .get(RoutePaths)
    .list()
    .map(({ method, path }) => `${method} ${path}`);
  expect(paths).toEqual(
    expect.arrayContaining(['GET /healthz', 'GET /readyz', 'POST /v1/things', 'GET /v1/things/:thingId']),
  );
});

it('breaks the connection rather than ending a broken answer as if it were whole', async () => {
  await app.listen({ port: 0, host: '127.0.0.1' });
  const url = `${(await app.getUrl()).replace(/\/$/, '')}/v1/things/broken/stream`;
  await expect(fetch(url).then((response) => response.text())).rejects.toThrow();
});

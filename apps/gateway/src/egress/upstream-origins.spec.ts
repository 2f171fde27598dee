import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AddressRules, checkedLookup, EgressRefused } from '#libs/http';
import { pathBelow, UpstreamOrigins } from './upstream-origins.js';

const options = { connectionsMax: 1, connectTimeoutMs: 1_000 };
const origins = (list: string) => new UpstreamOrigins(AddressRules.parse(list), options);
let server: Server;
let port: number;

beforeAll(async () => {
  server = createServer((request, response) => {
    response.writeHead(request.url === '/moved' ? 302 : 200, { location: '/elsewhere' }).end('here');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => server.close());

it.each([
  'not a url',
  'ftp://example.com',
  'https://user:secret@example.com/v1',
  'https://example.com/v1?key=1',
  'https://example.com/v1#x',
])('cannot read %s', (url) => expect(origins('').of(url)).toBe('unreadable'));

it.each([
  'http://api.example.com/v1',
  'https://127.0.0.1/v1',
  'https://0x7f.1/v1',
  'https://2130706433/v1',
  'https://[::1]/v1',
  'https://[::ffff:169.254.169.254]/v1',
  'http://localhost:8090/v1',
])('does not connect to %s', (url) => expect(origins('').of(url)).toBe('not_permitted'));

it('connects to a listed address, keeps one pool per origin, and follows no redirect', async () => {
  const listed = origins(`127.0.0.1:${port}`);
  const pool = listed.of(`http://127.0.0.1:${port}/v1`);
  if (typeof pool === 'string') throw new Error(pool);
  expect(listed.of(`http://127.0.0.1:${port}/other`)).toBe(pool);
  const answer = await pool.request({ path: '/moved', method: 'GET' });
  expect(answer.statusCode).toBe(302);
  await answer.body.dump();
  await listed.close();
});

it('refuses a name whose address is not permitted when it connects, however it answered before', async () => {
  const pool = origins('').of('https://localhost:1/v1');
  if (typeof pool === 'string') throw new Error(pool);
  await expect(pool.request({ path: '/', method: 'GET' })).rejects.toThrow(/not permit/u);
});

it('refuses a name when only one of its addresses is bad', () => {
  const both = [
    { address: '8.8.8.8', family: 4 },
    { address: '10.0.0.1', family: 4 },
  ];
  const lookup = checkedLookup(AddressRules.parse(''), 443, (_host, _options, done) => done(null, both));
  let answered: unknown;
  lookup('rebound.example', { all: true }, (error) => {
    answered = error;
  });
  expect(answered).toBeInstanceOf(EgressRefused);
});

it('puts operations below the path of the base URL', () => {
  expect(pathBelow('https://api.example.com/v1/', '/chat/completions')).toBe('/v1/chat/completions');
  expect(pathBelow('https://api.example.com', '/embeddings')).toBe('/embeddings');
});

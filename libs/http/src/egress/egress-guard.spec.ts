import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { AddressRules } from './address-rules.js';
import { checkedLookup, EgressRefused } from './checked-lookup.js';
import { EGRESS_ORIGINS_MAX, EgressGuard } from './egress-guard.js';

const reached: string[] = [];
let server: Server;
let port: number;

beforeAll(async () => {
  server = createServer((request, response) => {
    reached.push(request.url ?? '');
    if (request.url === '/slow') return;
    if (request.url === '/large') return void response.end(Buffer.alloc(5000));
    response.writeHead(request.url === '/moved' ? 302 : 200, { location: 'http://127.0.0.1:1/elsewhere' }).end('here');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function guard(list: string) {
  const made = new EgressGuard(AddressRules.parse(list));
  onTestFinished(() => made.close());
  return made;
}

describe('without the operator’s leave nothing is sent to', () => {
  it.each([
    'http://api.example.com/v1',
    'https://127.0.0.1/',
    'https://0x7f.1/',
    'https://2130706433/',
    'https://017700000001/',
    'https://10.0.0.1/',
    'https://172.31.255.255/',
    'https://192.168.0.1/',
    'https://169.254.169.254/latest/meta-data/',
    'https://100.64.0.1/',
    'https://168.63.129.16/',
    'https://0.0.0.0/',
    'https://[::]/',
    'https://[::1]/',
    'https://[fe80::1]/',
    'https://[fd00:ec2::254]/',
    'https://[::ffff:10.0.0.1]/',
    'https://[::ffff:a9fe:a9fe]/',
    'https://[64:ff9b::10.0.0.1]/',
    'https://[2002:a00:1::]/',
    'https://[2001:0:1::1]/',
    'https://user:password@api.example.com/',
    'ftp://api.example.com/',
    'file:///etc/passwd',
    'not a url',
  ])('%s', async (url) => {
    await expect(guard('').request(url)).rejects.toBeInstanceOf(EgressRefused);
  });

  it('a name that resolves to an inner address', async () => {
    await expect(guard('').request('https://localhost:1/')).rejects.toBeInstanceOf(EgressRefused);
  });
});

it('sends to a listed address and answers a redirect without following it', async () => {
  const answer = await guard(`127.0.0.1:${port}`).request(`http://127.0.0.1:${port}/moved`);
  expect([answer.status, answer.headers['location'], answer.body.toString()]).toEqual([
    302,
    'http://127.0.0.1:1/elsewhere',
    'here',
  ]);
});

it('does not take a listed port for the whole address', async () => {
  await expect(guard(`127.0.0.1:${port + 1}`).request(`http://127.0.0.1:${port}/`)).rejects.toBeInstanceOf(
    EgressRefused,
  );
});

it('says the name it refused, never the inner address behind it', async () => {
  const refusal = await guard('')
    .request('https://localhost:1/')
    .catch((error: unknown) => String(error));
  expect(refusal).toContain('localhost');
  expect(refusal).not.toMatch(/127\.0\.0\.1|::1/);
});

it('bounds the time and the size of an answer', async () => {
  const listed = guard(`127.0.0.1:${port}`);
  await expect(listed.request(`http://127.0.0.1:${port}/slow`, { timeoutMs: 50 })).rejects.toThrow(/timeout/i);
  await expect(listed.request(`http://127.0.0.1:${port}/large`, { bytesMax: 100 })).rejects.toBeInstanceOf(RangeError);
});

it('keeps a bounded number of origins', () => {
  const made = guard('127.0.0.1');
  const first = made.dispatcher('http://127.0.0.1:10000/');
  expect(made.dispatcher('http://127.0.0.1:10000/other')).toBe(first);
  for (let i = 1; i <= EGRESS_ORIGINS_MAX; i += 1) made.dispatcher(`http://127.0.0.1:${10_000 + i}/`);
  expect(made.dispatcher('http://127.0.0.1:10000/')).not.toBe(first);
});

describe('a name', () => {
  const look = (addresses: readonly string[], list = '') =>
    new Promise((resolve) => {
      const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
      const lookup = checkedLookup(AddressRules.parse(list), 443, (_host, _options, done) => done(null, found));
      lookup('api.example.com', { all: true }, (error, answer) => resolve(error ?? answer));
    });

  it('with one bad address among good ones is refused', async () => {
    expect(await look(['8.8.8.8', '10.0.0.1'])).toBeInstanceOf(EgressRefused);
    expect(await look(['10.0.0.1', '8.8.8.8'])).toBeInstanceOf(EgressRefused);
    expect(await look(['64:ff9b::a00:1'])).toBeInstanceOf(EgressRefused);
  });
  it('without any address is refused', async () => {
    expect(await look([])).toBeInstanceOf(EgressRefused);
  });
  it('is connected to at the very addresses that were checked', async () => {
    expect(await look(['8.8.8.8'])).toEqual([{ address: '8.8.8.8', family: 4 }]);
    expect(await look(['10.0.0.1'], '10.0.0.0/8')).toEqual([{ address: '10.0.0.1', family: 4 }]);
  });
  it('that answers otherwise the second time is not asked a second time', async () => {
    let asked = 0;
    const lookup = checkedLookup(AddressRules.parse(''), 443, (_host, _options, done) => {
      asked += 1;
      done(null, [{ address: asked === 1 ? '8.8.8.8' : '127.0.0.1', family: 4 }]);
    });
    const address = await new Promise((resolve) => lookup('x', {}, (_error, found) => resolve(found)));
    expect([address, asked]).toEqual(['8.8.8.8', 1]);
  });
});

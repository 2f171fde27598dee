import { mintKeyText } from '#libs/access';
import { beforeAll, describe, expect, it } from 'vitest';
import { clearProviderRequests, demoKey, gatewayUrl, providerRequests } from '../system/system.js';
import { rawMessage, rawRequest } from './raw-request.js';

const chat = '/v1/chat/completions';
const granted = JSON.stringify({ model: 'local/llama-3', messages: [{ role: 'user', content: 'x' }] });
const ungranted = granted.replace('local/llama-3', 'openai-main/gpt-4');
const json = 'content-type: application/json';
const bearer = (name: string) => `authorization: Bearer ${demoKey('acme', name)}`;

const post = (target: string, headers: readonly string[], body = granted) =>
  rawRequest(`POST ${target} HTTP/1.1`, [json, ...headers], body);

beforeAll(clearProviderRequests);

describe('a hostile spelling of a path', () => {
  it.each([
    ['two slashes', '//v1/chat/completions'],
    ['two slashes inside', '/v1//chat/completions'],
    ['a slash at the end', '/v1/chat/completions/'],
    ['a dot', '/v1/./chat/completions'],
    ['two dots', '/v1/models/../chat/completions'],
    ['encoded dots', '/v1/models/%2e%2e/chat/completions'],
    ['an encoded letter', '/v1/chat/completion%73'],
    ['an encoded slash', '/v1/chat%2fcompletions'],
    ['a parameter', '/v1/chat/completions;x=1'],
    ['a parameter inside', '/v1/chat;x=1/completions'],
    ['capitals', '/V1/Chat/Completions'],
    ['a backslash', '/v1/chat\\completions'],
    ['the absolute form', 'http://127.0.0.1/v1/chat/completions'],
    ['the absolute form of another host', 'http://upstream.example/v1/chat/completions'],
    ['a public path before it', '/healthz/../v1/chat/completions'],
    ['a path in the query', '/v1/chat/completions?x=/../models'],
  ])('with %s is not found, with any key', async (_what, target) => {
    for (const name of ['manager', 'viewer']) {
      const { status, code } = await post(target, [bearer(name)]);
      expect([status, code]).toEqual([404, 'not_found']);
    }
  });

  it('has reached nobody', async () => {
    expect(await providerRequests()).toEqual([]);
  });
});

describe('a header that a caller chose', () => {
  const overriding = [
    'x-http-method-override: POST',
    'x-original-url: /healthz',
    'x-rewrite-url: /healthz',
    'x-forwarded-prefix: /api',
    'x-forwarded-for: 127.0.0.1',
    'forwarded: for=127.0.0.1',
    'x-tenant: globex',
    'gatehouse-tenant: globex',
    'gatehouse-decision-id: 01990000-0000-7000-8000-000000000000',
    'x-gatehouse-principal: user_ada',
    'openai-organization: globex',
  ];

  it.each(overriding)('%s changes no answer', async (header) => {
    const usual = [await post(chat, [bearer('manager')]), await post(chat, [bearer('viewer')], ungranted)];
    const chosen = [
      await post(chat, [bearer('manager'), header]),
      await post(chat, [bearer('viewer'), header], ungranted),
    ];
    expect(usual.map(({ status }) => status)).toEqual([200, 403]);
    expect(chosen.map(({ status, code }) => [status, code])).toEqual(usual.map(({ status, code }) => [status, code]));
    for (const { head } of chosen) expect(head).not.toContain('01990000-0000-7000-8000-000000000000');
  });

  it('does not turn one method into another', async () => {
    for (const name of ['x-http-method-override', 'x-http-method', 'x-method-override']) {
      const { status } = await rawRequest(`GET ${chat} HTTP/1.1`, [bearer('manager'), json, `${name}: POST`], granted);
      expect(status).toBe(405);
      const deleted = await post(`${chat}?_method=DELETE`, [bearer('manager')]);
      expect(deleted.status).toBe(200);
    }
  });
});

describe('credentials that say two things', () => {
  it.each([
    ['twice the same header', (a: string, b: string) => [`authorization: Bearer ${a}`, `authorization: Bearer ${b}`]],
    ['two headers', (a: string, b: string) => [`authorization: Bearer ${a}`, `x-api-key: ${b}`]],
    ['two others', (a: string, b: string) => [`x-api-key: ${a}`, `api-key: ${b}`]],
    ['another scheme', (a: string, b: string) => [`authorization: Basic ${a}`, `api-key: ${b}`]],
  ])('by %s are refused in either order', async (_what, headers) => {
    const [manager, viewer] = [demoKey('acme', 'manager'), demoKey('acme', 'viewer')];
    for (const both of [headers(manager, viewer), headers(viewer, manager)]) {
      const { status, code } = await post(chat, both);
      expect([status, code]).toEqual([400, 'ambiguous_credentials']);
    }
  });

  it('in one header, or in the query, are none', async () => {
    const [manager, viewer] = [demoKey('acme', 'manager'), demoKey('acme', 'viewer')];
    expect((await post(chat, [`authorization: Bearer ${viewer}, Bearer ${manager}`])).status).toBe(401);
    expect((await post(chat, [`authorization: Bearer ${viewer} ${manager}`])).status).toBe(401);
    expect((await post(`${chat}?api_key=${manager}`, [])).code).toBe('missing_credentials');
  });
});

describe('a body that says two things', () => {
  it.each([
    ['two models', granted.replace('{', '{"model": "openai-main/gpt-4",')],
    ['an escaped name of the model', granted.replace('{', '{"mod\\u0065l": "openai-main/gpt-4",')],
    ['two streams', granted.replace('{', '{"stream": true, "stream": false,')],
  ])('%s is refused as ambiguous', async (_what, body) => {
    const { status, code } = await post(chat, [bearer('manager')], body);
    expect([status, code]).toEqual([400, 'ambiguous_body']);
  });

  it('with two lengths, or a length and chunks, reaches nobody', async () => {
    await clearProviderRequests();
    const target = `POST ${chat} HTTP/1.1`;
    const lengths = await rawRequest(target, [bearer('manager'), json, 'content-length: 5'], granted);
    const smuggled = `0\r\n\r\nPOST ${chat} HTTP/1.1\r\nhost: x\r\n${bearer('manager')}\r\n\r\n`;
    const chunked = await rawRequest(target, [bearer('manager'), json, 'transfer-encoding: chunked'], smuggled);
    expect([lengths.status, chunked.status]).toEqual([400, 400]);
    expect(await providerRequests()).toEqual([]);
  });
});

describe('a message whose end two readers could see in different places', () => {
  const target = `POST ${chat} HTTP/1.1`;
  const inside = `POST ${chat} HTTP/1.1\r\nhost: x\r\n\r\n`;
  const chunks = `${Buffer.byteLength(granted).toString(16)}\r\n${granted}\r\n0\r\n\r\n`;
  beforeAll(clearProviderRequests);

  it.each<[string, readonly string[], string]>([
    ['a space before the colon', ['transfer-encoding : chunked'], chunks],
    ['a coding that is none', ['transfer-encoding: xchunked'], chunks],
    ['chunks that are not the last coding', ['transfer-encoding: chunked, identity'], chunks],
    ['codings of two headers', ['transfer-encoding: chunked', 'transfer-encoding: identity'], chunks],
    ['a folded header', ['transfer-encoding:\r\n chunked'], chunks],
    ['a header of line feeds alone', ['x: y\ntransfer-encoding: chunked'], chunks],
    ['a length with a sign', ['content-length: +5'], granted],
    ['a negative length', ['content-length: -1'], granted],
    ['a length of two numbers', ['content-length: 5, 5'], granted],
    ['a length in hexadecimal', ['content-length: 0x5'], granted],
    ['a chunk of a negative size', ['transfer-encoding: chunked'], `-1\r\n${inside}`],
    ['a chunk of no size', ['transfer-encoding: chunked'], `\r\n${inside}`],
    ['a chunk larger than any body', ['transfer-encoding: chunked'], `fffffffffffffffff\r\n${inside}`],
    ['a header without a name', [': chunked', 'content-length: 5'], granted],
    ['a NUL in a header', ['x-a: b\u0000c', 'content-length: 5'], granted],
  ])('by %s is refused, and reaches nobody', async (_what, headers, body) => {
    const { status } = await rawMessage(target, [bearer('manager'), json, ...headers], body);
    expect([400, 413]).toContain(status);
    expect(await providerRequests()).toEqual([]);
  });

  it('by headers beyond their bound is 431', async () => {
    const { status } = await rawMessage(
      target,
      [bearer('manager'), `x-long: ${'a'.repeat(20_000)}`, 'content-length: 0'],
      '',
    );
    expect(status).toBe(431);
  });

  it.each(['upgrade: websocket', 'upgrade: h2c'])('by %s stays what it was', async (upgrade) => {
    const asked = await post(chat, [bearer('viewer'), 'connection: upgrade', upgrade], ungranted);
    expect([asked.status, asked.code]).toEqual([403, 'model_not_allowed']);
  });
});

it('another host than the gateway’s, or two, changes no answer, and none is refused', async () => {
  const hosted = (...hosts: readonly string[]) => {
    const headers = [...hosts.map((host) => `host: ${host}`), bearer('viewer'), json];
    const length = `content-length: ${Buffer.byteLength(ungranted)}`;
    return rawMessage(`POST ${chat} HTTP/1.1`, [...headers, length, 'connection: close'], ungranted, []);
  };
  expect((await hosted('upstream.example')).code).toBe('model_not_allowed');
  expect((await hosted('169.254.169.254')).code).toBe('model_not_allowed');
  expect((await hosted()).status).toBe(400);
  expect((await hosted('a.example', 'b.example')).code).toBe('model_not_allowed');
});

it('a flood of bad keys stops nobody: who may call is answered all the while', async () => {
  const flooding = { isOver: false, refused: 0 };
  const flood = Array.from({ length: 16 }, async () => {
    while (!flooding.isOver) {
      const { status } = await fetch(`${gatewayUrl()}${chat}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${mintKeyText('pat', 'd').text}` },
        body: granted,
      });
      expect(status).toBe(401);
      flooding.refused += 1;
    }
  });
  const answered: number[] = [];
  try {
    for (let n = 0; n < 30; n += 1) answered.push((await post(chat, [bearer('manager')])).status);
  } finally {
    flooding.isOver = true;
    await Promise.all(flood);
  }
  expect(answered).toEqual(Array(30).fill(200));
  // It was one: more were refused than served.
  expect(flooding.refused).toBeGreaterThan(answered.length);
});

it('the gateway serves as before after all of that', async () => {
  const answer = await fetch(`${gatewayUrl()}/readyz`);
  expect([answer.status, (await post(chat, [bearer('manager')])).status]).toEqual([200, 200]);
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Identity } from './identity.fixture.js';

const identity = new Identity();
const op = (route: string, body?: unknown, headers?: Record<string, string | undefined>) =>
  identity.ask(identity.operator, route, body, headers);

/** One fresh thing of every kind that has an ETag, and a write that changes or ends it. */
const writes = [
  ['PATCH', '/v1/users', { tenant: 'acme', email: 'p@acme.example' }, { labels: { a: 'b' } }],
  ['PATCH', '/v1/virtual-accounts', { tenant: 'acme', name: 'patched' }, { labels: { a: 'b' } }],
  ['DELETE', '/v1/virtual-accounts', { tenant: 'acme', name: 'deleted' }, undefined],
  ['DELETE', '/v1/invitations', { tenant: 'acme', email: 'q@acme.example' }, undefined],
  ['DELETE', '/v1/teams', { tenant: 'acme', name: 'crew' }, undefined],
  ['DELETE', '/v1/tenants', { name: 'initech' }, undefined],
] as const;

beforeAll(async () => {
  await identity.open();
  await op('POST /v1/tenants', { name: 'acme' });
});
afterAll(() => identity.close());

describe.each(writes)('%s %s/{id}', (method, path, made, change) => {
  it('is 428 without If-Match, 412 at another version, and happens at the version that was read', async () => {
    const { body } = await op(`POST ${path}`, made);
    const one = `${path}/${body.id}`;
    const { headers } = await op(`GET ${one}`);
    const write = (ifMatch: string | undefined) => op(`${method} ${one}`, change, { 'if-match': ifMatch });
    const unread = await write(undefined);
    expect([unread.status, unread.body.code]).toEqual([428, 'precondition/required']);
    for (const tag of ['"7"', 'W/"1"', '"1", "2"', '', '1']) {
      const late = await write(tag);
      expect([tag, late.status, late.body.code]).toEqual([tag, 412, 'precondition/failed']);
    }
    expect((await op(`GET ${one}`)).headers['etag']).toBe(headers['etag']);
    expect((await write(headers['etag'])).status).toBe(200);
  });
});

it('answers 428 alike for what is there, what is not, and what the caller may not touch', async () => {
  const { id, key } = await identity.person('acme', 'con@acme.example');
  const answers = await Promise.all(
    [id, 'user_nobody'].map((user) =>
      identity.ask(key, `PATCH /v1/users/${user}`, { labels: {} }, { 'if-match': undefined }),
    ),
  );
  expect(answers.map(({ status }) => status)).toEqual([428, 428]);
  expect(answers[0]?.text).toBe(answers[1]?.text);
});

import { waitFor } from '#libs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OAuthWorld } from './oauth/oauth.fixture.js';

const world = new OAuthWorld();
const NUL = 'a\0b';

beforeAll(() => world.open());
afterAll(() => world.close());

describe('a text that no table can keep', () => {
  it.each<[string, string, object]>([
    ['a user’s name', 'POST /v1/users', { email: 'nul@acme.example', display_name: NUL }],
    ['half a character in it', 'POST /v1/users', { email: 'nul@acme.example', display_name: '\ud800' }],
    ['a key’s name', 'POST /v1/api-keys', { name: NUL, owner: 'user:ada@acme.example' }],
    ['an owner', 'POST /v1/api-keys', { name: 'x', owner: `virtual-account:${NUL}` }],
    ['a label', 'POST /v1/virtual-accounts', { name: 'nul', labels: { a: NUL } }],
    [
      'a client’s name',
      'POST /v1/oauth-clients',
      { name: NUL, grant_types: ['client_credentials'], scopes: ['model:invoke'] },
    ],
    ['an invitation’s name', 'POST /v1/invitations', { email: 'nul@acme.example', display_name: NUL }],
    ['a token of an invitation', 'POST /v1/invitations/accept', { token: NUL, password: world.password }],
    ['a password', 'PUT /v1/me/password', { new_password: `${NUL} and some more` }],
  ])('is 400 as %s, and stops nobody: what comes next is in every list', async (_what, route, body) => {
    const { status, body: problem } = await world.ada(route, body);
    expect([status, problem.code]).toEqual([400, 'invalid_request']);
    const email = `after-${route.length}-${Math.random()}@acme.example`;
    expect((await world.ada('POST /v1/users', { email })).status).toBe(201);
    expect((await world.ada(`GET /v1/users?email=${email}`)).body.data).toHaveLength(1);
  });

  it('is 400 in a path and in a query', async () => {
    const routes = [
      '/v1/users/%00',
      '/v1/teams/team_%00',
      '/v1/revocations/%00',
      '/v1/users?after=%00',
      '/v1/api-keys?owner=%00',
    ];
    const answers = await Promise.all(routes.map((route) => world.ada(`GET ${route}`)));
    expect(answers.map(({ status }) => status)).toEqual(routes.map(() => 400));
  });

  it('is nobody at the OAuth server: neither a client nor a user', async () => {
    const form = { grant_type: 'client_credentials', client_id: NUL, client_secret: 'x' };
    const { status, body } = await world.post('/oauth2/token', form);
    expect([status, body.error]).toEqual([401, 'invalid_client']);
    expect((await world.logIn('acme', `ada\0@acme.example`, world.password)).verdict).toBe('wrong');
    expect(await waitFor(() => world.logIn('acme', 'ada@acme.example', world.password))).toMatchObject({
      verdict: 'right',
    });
  });
});

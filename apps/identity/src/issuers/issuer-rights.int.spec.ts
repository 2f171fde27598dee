import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Identity } from '../identity.fixture.js';
import { IssuersFixture } from './issuers.fixture.js';
import { ecKey } from './key-server.fixture.js';

const spec = new IssuersFixture();
beforeAll(() => spec.open());
afterAll(() => spec.close());

describe('nobody gets rights by way of an issuer', () => {
  const allow = (id: string, actions: string[], resources: string[]) => ({ id, effect: 'allow', actions, resources });
  const issuers = allow('issuers', ['issuer:*'], ['issuer:**']);
  const everything = allow('people', ['key:create', 'team:edit'], ['key:**', 'team:**']);
  const role = (name: string, ...statements: object[]) => {
    return { kind: 'Role' as const, metadata: { name }, spec: { statements } };
  };
  let eve: Awaited<ReturnType<Identity['person']>>;
  let mallory: Awaited<ReturnType<Identity['person']>>;

  beforeAll(async () => {
    await spec.identity.publish('acme', [role('issuers-only', issuers), role('issuers-and-keys', issuers, everything)]);
    eve = await spec.identity.person('acme', 'eve@acme.example', 'issuers-only');
    mallory = await spec.identity.person('acme', 'mallory@acme.example', 'issuers-and-keys');
    await spec.identity.grant('acme', { name: 'etl', subject: 'virtual-account:etl', role: 'manager' });
  });

  it.each([
    ['a virtual account', { as: { virtual_account: 'etl' } }],
    ['whichever user a claim names', { as: { user_by: 'email', claim: 'email' } }],
  ])('of %s', async (_what, mapping) => {
    const mappings = [{ match: { sub: 'me' }, ...mapping }];
    const { id } = await spec.trust({ mappings });
    for (const [key, code] of [
      [eve.key, 'action_not_allowed'],
      [mallory.key, 'grant/not-held'],
    ] as const) {
      const answers = [
        await spec.identity.ask(key, 'POST /v1/issuers', spec.body({ mappings })),
        await spec.identity.ask(key, `PATCH /v1/issuers/${id}`, { jwks: { keys: [ecKey('mine').jwk] } }),
      ];
      expect(answers.map(({ status, body: problem }) => [status, problem.code])).toEqual([
        [403, code],
        [403, code],
      ]);
    }
    expect((await spec.identity.ask(eve.key, `POST /v1/issuers/${id}/disable`)).status).toBe(200);
  });

  it('of a team', async () => {
    const held = (await spec.identity.ask(mallory.key, 'POST /v1/virtual-accounts', { name: 'x' })).status;
    expect(held).toBe(403);
    await spec.ada('POST /v1/virtual-accounts', { name: 'powerless' });
    const as = { virtual_account: 'powerless' };
    const sent = (teams: string[]) => spec.body({ mappings: [{ match: { sub: 'me' }, as, teams }] });
    expect((await spec.identity.ask(mallory.key, 'POST /v1/issuers', sent([]))).status).toBe(201);
    const refused = await spec.identity.ask(mallory.key, 'POST /v1/issuers', sent(['ci']));
    expect([refused.status, refused.body.code]).toEqual([403, 'grant/not-held']);
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Identity } from '../identity.fixture.js';

const DAY = 86_400;
const identity = new Identity();
let people: Awaited<ReturnType<Identity['tenants']>>;
let contractor: { id: string; key: string };
const ada = (route: string, body?: object) => identity.ask(people.ada.key, route, body);
const issue = (owner: string, more: object = {}) => ada('POST /v1/api-keys', { name: 'spec', owner, ...more });
const lifeOf = ({ body }: { body: { created_at: string; rotated_at?: string | null; expires_at: string } }) =>
  (Date.parse(body.expires_at) - Date.parse(body.rotated_at ?? body.created_at)) / 1_000;

beforeAll(async () => {
  await identity.open();
  people = await identity.tenants();
  const user = await ada('POST /v1/users', { email: 'cora@acme.example', labels: { employment: 'contractor' } });
  contractor = { id: user.body.id, key: '' };
  await ada('POST /v1/virtual-accounts', { name: 'etl' });
  await identity.publish('acme', [
    {
      kind: 'KeyPolicy',
      metadata: { name: 'keys' },
      spec: {
        rules: [
          { when: { labels: { employment: 'contractor' } }, maxAgeSeconds: 30 * DAY },
          { when: { kinds: ['pat', 'vak'] }, maxAgeSeconds: 90 * DAY },
        ],
      },
    },
  ]);
});
afterAll(() => identity.close());

describe('the longest life that policy gives a key', () => {
  it('is what a key gets that asks for none; contractors get 30 days, and kinds without a rule no end', async () => {
    expect(lifeOf(await issue('virtual-account:etl'))).toBe(90 * DAY);
    expect(lifeOf(await issue(`user:${contractor.id}`))).toBe(30 * DAY);
    expect((await issue('virtual-account:etl', { kind: 'svc' })).body.expires_at).toBeNull();
  });

  it('refuses more with 422, with the place and the longest there is; what is shorter is kept', async () => {
    const { status, body } = await issue(`user:${contractor.id}`, { expires_in_seconds: 30 * DAY + 1 });
    expect([status, body.code, body.errors[0].pointer]).toEqual([422, 'api-key/life-too-long', '/expires_in_seconds']);
    expect(body.detail).toContain(`key-policy/keys/rules/0 lets such a key live ${30 * DAY} seconds at most`);
    expect(lifeOf(await issue(`user:${contractor.id}`, { expires_in_seconds: 60 }))).toBe(60);
  });

  it('is no longer for a key whose labels say that its owner is somebody else', async () => {
    const labels = { employment: 'staff' };
    const { status } = await issue(`user:${contractor.id}`, { labels, expires_in_seconds: 31 * DAY });
    expect(status).toBe(422);
  });

  it('begins anew with each rotation, and a rotation cannot ask for more either', async () => {
    const { id } = (await issue(`user:${contractor.id}`)).body;
    await identity.pass(10 * DAY * 1_000);
    const rotated = await ada(`POST /v1/api-keys/${id}/rotate`);
    expect([rotated.status, lifeOf(rotated)]).toEqual([200, 30 * DAY]);
    const longer = await ada(`POST /v1/api-keys/${id}/rotate`, { expires_in_seconds: 31 * DAY });
    expect([longer.status, longer.body.code]).toEqual([422, 'api-key/life-too-long']);
  });

  it('ends keys of before it, too', async () => {
    expect((await identity.ask(people.ada.key, 'GET /v1/users')).status).toBe(200);
    await identity.pass(90 * DAY * 1_000);
    const { status, headers } = await identity.ask(people.ada.key, 'GET /v1/users');
    expect(status).toBe(401);
    const record = identity.records.find(({ decision_id: id }) => id === headers['gatehouse-decision-id']);
    expect(record).toMatchObject({
      reason: 'key_expired',
      applied_rules: ['key-policy/keys/rules/1'],
      tenant_id: 'acme',
    });
  });
});

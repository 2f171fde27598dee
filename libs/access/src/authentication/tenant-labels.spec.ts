import { expect, it } from 'vitest';
import { acme, adasKey, noPolicy, NOW_MS, peppers } from '../identity/identity.fixture.js';
import { authenticatorOver, ownToken, trusting } from '../tokens/token.fixture.js';
import { Authenticator } from './authenticator.js';

const labels = { 'cost-center': '4711' };

it('a key’s caller has the labels of its tenant, and new ones from the next request on', () => {
  const { applier, key } = adasKey();
  const authenticator = new Authenticator({ identity: applier.view, peppers, policy: noPolicy, accepts: ['pat'] });
  const tenantLabels = () => (authenticator.authenticate(key.text, NOW_MS) as { tenantLabels?: object }).tenantLabels;
  expect(tenantLabels()).toEqual({});
  applier.tenant({ ...acme, labels });
  expect(tenantLabels()).toEqual(labels);
  applier.tenant(acme);
  expect(tenantLabels()).toEqual({});
});

it('a token’s caller has them, too, seen before or not', async () => {
  const applier = trusting();
  const warm = authenticatorOver(applier);
  const text = await ownToken();
  expect(await warm.authenticate(text, NOW_MS)).toMatchObject({ ok: true, tenantLabels: {} });
  applier.tenant({ ...acme, labels });
  expect(await warm.authenticate(text, NOW_MS)).toMatchObject({ ok: true, tenantLabels: labels });
  expect(await authenticatorOver(applier).authenticate(text, NOW_MS)).toMatchObject({ ok: true, tenantLabels: labels });
});

import { issuerKey } from '#libs/contracts';
import { waitFor } from '#libs/testing';
import { afterEach, expect, it } from 'vitest';
import { IdentityView } from '../identity/identity-view.js';
import { OWN_ISSUER, ownIssuer } from '../tokens/token.fixture.js';
import { populated, PUBLIC_URL, send, service } from './service.fixture.js';

let running: Awaited<ReturnType<typeof service>>;
afterEach(() => running.close());
const path = '/.well-known/oauth-protected-resource';

it('tells anybody who gives tokens for this service, while that issuer is trusted', async () => {
  running = await service();
  await populated(running);
  const read = () => send(running.app, undefined, `GET ${path}`);
  expect((await read()).json).not.toHaveProperty('authorization_servers');
  await running.identity.write({ [issuerKey(ownIssuer.id)]: ownIssuer });
  const { issuers } = running.app.get(IdentityView);
  await waitFor(() => issuers.find(ownIssuer.id) !== undefined, { what: 'the issuer' });
  const answer = await read();
  expect(answer).toMatchObject({
    status: 200,
    json: { resource: PUBLIC_URL, authorization_servers: [OWN_ISSUER], bearer_methods_supported: ['header'] },
  });
  expect(answer.json).toHaveProperty('scopes_supported', expect.arrayContaining(['model:invoke', 'key:create']));
});

it('is what the challenge of a refusal points to', async () => {
  running = await service();
  await populated(running);
  const pointer = `resource_metadata="${PUBLIC_URL}${path}"`;
  const nobody = await send(running.app, undefined, 'GET /v1/things');
  expect(nobody.headers['www-authenticate']).toBe(`Bearer ${pointer}`);
  const wrong = await send(running.app, { text: 'gh_nonsense' }, 'GET /v1/things');
  expect(wrong.headers['www-authenticate']).toBe(`Bearer ${pointer}, error="invalid_token"`);
  const ungranted = await send(running.app, 'vic', 'POST /v1/things/key1/revoke');
  expect(ungranted).toMatchObject({ status: 403 });
  expect(ungranted.headers).not.toHaveProperty('www-authenticate');
});

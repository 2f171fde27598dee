import { decodeJwt } from 'jose';
import * as oidc from 'openid-client';
import { expect, it } from 'vitest';
import { waitFor } from '#libs/testing';
import { act, admin, demoKey, local, openai } from '../system/system.js';

const administrator = () => demoKey('acme', 'admin');
const insecure = { execute: [oidc.allowInsecureRequests] };
const MODEL = 'local/llama-3';
/** A cut-off gateway serves for its log lease, 10 s. */
const LEASE_MS = 10_000;

type Client = { id: string; client_secret: string };

async function post<Body>(path: string, json: object): Promise<Body> {
  const { status, body } = await admin<Body>('identity', 'POST', path, administrator(), { json });
  if (status >= 300) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`);
  return body;
}

/** A client of the demo's virtual account `service`, which may use `local/*`. */
const serviceClient = () =>
  post<Client>('/v1/oauth-clients', {
    name: 'spec',
    grant_types: ['client_credentials'],
    scopes: ['model:invoke', 'model:list'],
    virtual_account: 'service',
  });

async function tokenOf({ id, client_secret }: Client): Promise<string> {
  const server = new URL(local().identity.url);
  const config = await oidc.discovery(server, id, undefined, oidc.ClientSecretBasic(client_secret), insecure);
  return (await oidc.clientCredentialsGrant(config, { scope: 'model:invoke' })).access_token;
}

async function statusOf(token: string, gateway: 1 | 2): Promise<number> {
  const call = { model: MODEL, messages: [{ role: 'user' as const, content: 'x' }] };
  const answered = openai(token, { gateway }).chat.completions.create(call);
  return answered.then(
    () => 200,
    (error: { status?: number }) => error.status ?? 0,
  );
}

const everywhere = (token: string, status: number) =>
  Promise.all(
    ([1, 2] as const).map((gateway) =>
      waitFor(async () => (await statusOf(token, gateway)) === status, { timeoutMs: 15_000, what: String(status) }),
    ),
  );

it('a service gets a token with openid-client and calls a model with the OpenAI SDK, until its client is disabled', async () => {
  const client = await serviceClient();
  const token = await tokenOf(client);
  expect(decodeJwt(token)).toMatchObject({ iss: local().identity.url, aud: local().gateway.url, tenant: 'acme' });
  await everywhere(token, 200);
  await post(`/v1/oauth-clients/${client.id}/disable`, {});
  await everywhere(token, 401);
  await post(`/v1/oauth-clients/${client.id}/enable`, {});
  // One of the very second in which the client was disabled is ended with the others.
  await waitFor(async () => (await statusOf(await tokenOf(client), 1)) === 200, { timeoutMs: 15_000 });
  expect(await statusOf(token, 1)).toBe(401);
});

it('a token that its client revokes is refused at both gateways', async () => {
  const client = await serviceClient();
  const token = await tokenOf(client);
  await everywhere(token, 200);
  const server = new URL(local().identity.url);
  const secret = oidc.ClientSecretBasic(client.client_secret);
  await oidc.tokenRevocation(await oidc.discovery(server, client.id, undefined, secret, insecure), token);
  await everywhere(token, 401);
  expect(await Promise.all([statusOf(token, 1), statusOf(token, 2)])).toEqual([401, 401]);
});

it('a warm gateway takes a valid token with identity, PostgreSQL and Kafka stopped, and calls nobody but the provider', async () => {
  const token = await tokenOf(await serviceClient());
  await everywhere(token, 200);
  try {
    await act('identity', 'stop');
    await act('postgres', 'stop');
    expect(await statusOf(token, 2)).toBe(200);
    const awayAtMs = performance.now();
    const stopping = act('kafka', 'stop');
    const status = await statusOf(token, 1);
    const isWithinLease = performance.now() - awayAtMs < LEASE_MS / 2;
    expect(isWithinLease ? [200] : [200, 503]).toContain(status);
    await stopping;
  } finally {
    for (const part of ['kafka', 'postgres', 'identity']) await act(part, 'start');
  }
  await everywhere(await waitFor(() => tokenOfAgain(token), { timeoutMs: 60_000 }), 200);
});

/** The same token, once the gateways are fresh again. */
async function tokenOfAgain(token: string): Promise<string | undefined> {
  return (await statusOf(token, 1)) === 200 ? token : undefined;
}

import { describe, expect, it } from 'vitest';
import { waitFor } from '#libs/testing';
import { behave, behaveWell, callRows } from '../failure/provider-control.js';
import { admin, demoKey, gatewayUrl, local, openai } from '../system/system.js';

const administrator = () => demoKey('acme', 'admin');
type Issued = { id: string; value: string };

async function issue(owner = 'virtual-account:service'): Promise<Issued> {
  const { status, body, headers } = await admin<Issued>('identity', 'POST', '/v1/api-keys', administrator(), {
    json: { name: 'spec', owner },
  });
  expect(status).toBe(201);
  await reached(headers);
  return body;
}

/** Waits until both gateways have what an admin answer wrote. */
async function reached(headers: Headers) {
  const position = String(headers.get('gatehouse-position'));
  for (const gateway of [1, 2] as const) {
    await waitFor(async () => (await call(administrator(), gateway, position)) !== 503, { timeoutMs: 60_000 });
  }
}

async function call(key: string, gateway: 1 | 2, position?: string): Promise<number> {
  const answer = await fetch(`${gatewayUrl(gateway)}/v1/chat/completions`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      ...(position !== undefined && { 'gatehouse-min-position': position }),
    },
    body: JSON.stringify({ model: 'local/llama-3', messages: [{ role: 'user', content: 'x' }] }),
  });
  await answer.text();
  return answer.status;
}

describe('revoking a key', () => {
  it('ends it at every gateway at the position of the answer, with requests in flight', async () => {
    const { id, value } = await issue();
    const traffic = { stop: false, after: [] as number[] };
    let revokedAtMs = Infinity;
    const loops = ([1, 2, 1, 2] as const).map(async (gateway) => {
      while (!traffic.stop) {
        const sentAtMs = performance.now();
        const status = await call(value, gateway);
        if (sentAtMs > revokedAtMs) traffic.after.push(status);
      }
    });
    const revoked = await admin('identity', 'POST', `/v1/api-keys/${id}/revoke`, administrator(), {
      json: { reason: 'spec' },
    });
    expect([200, 202]).toContain(revoked.status);
    await waitFor(async () => (await call(value, 1)) === 401 && (await call(value, 2)) === 401, { timeoutMs: 60_000 });
    revokedAtMs = performance.now();
    await waitFor(() => traffic.after.length > 20);
    traffic.stop = true;
    await Promise.all(loops);
    expect(new Set(traffic.after)).toEqual(new Set([401]));
  });

  it('cuts its streams in an error of the stock client, where the tenant says so, and the record says why', async () => {
    const yaml = `apiVersion: gatehouse/v1
kind: TenantSettings
metadata: {name: settings, tenant: acme}
spec: {cutStreamsOnRevoke: true}
`;
    const applied = await admin('policy', 'POST', '/v1/apply', administrator(), { yaml });
    expect(applied.status).toBe(200);
    await reached(applied.headers);
    await behave('mistral', { chunks: 90_000, chunk_interval_ms: 20 });
    try {
      const { id, value } = await issue();
      const messages = [{ role: 'user' as const, content: 'Go on.' }];
      const asked = { model: 'local/mistral', messages, stream: true } as const;
      const { data, response } = await openai(value).chat.completions.create(asked).withResponse();
      const reason = { json: { reason: 'spec' } };
      let chunks = 0;
      const read = async () => {
        for await (const _ of data) {
          chunks += 1;
          if (chunks === 1) await admin('identity', 'POST', `/v1/api-keys/${id}/revoke`, administrator(), reason);
        }
      };
      await expect(read()).rejects.toMatchObject({ code: 'invalid_api_key' });
      const decisionId = String(response.headers.get('gatehouse-decision-id'));
      expect(await callRows(decisionId)).toMatchObject([{ outcome: 'interrupted', error_type: 'key_revoked' }]);
    } finally {
      await behaveWell();
      const whatever = { headers: { 'if-match': '*' } };
      await admin('policy', 'DELETE', '/v1/tenant-settings/settings', administrator(), whatever);
    }
  });

  it('can be proved: each replica says when it applied it', async () => {
    const { id } = await issue();
    await admin('identity', 'POST', `/v1/api-keys/${id}/revoke`, administrator(), { json: { reason: 'spec' } });
    type Proof = { complete: boolean; replicas: { replica: string; state: string; applied_at: string | null }[] };
    const proof = await waitFor(async () => {
      const { body } = await admin<Proof>('identity', 'GET', `/v1/revocations/${id}`, administrator());
      return body.complete && body;
    });
    const gateways = proof.replicas.filter(({ replica }) => replica.startsWith('gateway-'));
    expect(gateways.map(({ replica, state }) => [replica, state])).toEqual([
      ['gateway-1', 'applied'],
      ['gateway-2', 'applied'],
    ]);
    for (const { applied_at } of gateways) expect(Date.parse(String(applied_at))).toBeGreaterThan(0);
  });

  it('is answered 404 for a key of another tenant, and does nothing to it', async () => {
    const { id, value } = await issue();
    const other = await admin('identity', 'POST', `/v1/api-keys/${id}/revoke`, demoKey('globex', 'admin'), {
      json: {},
    });
    expect(other.status).toBe(404);
    expect(await call(value, 1)).toBe(200);
  });
});

describe('rotating a key', () => {
  it('keeps the former text for the overlap, and ends it at once without one', async () => {
    const { id, value: first } = await issue();
    const path = `/v1/api-keys/${id}/rotate`;
    const second = await admin<Issued>('identity', 'POST', path, administrator(), { json: { overlap_seconds: 600 } });
    await reached(second.headers);
    expect(second.body.id).toBe(id);
    expect([await call(first, 1), await call(second.body.value, 1)]).toEqual([200, 200]);
    const again = await admin('identity', 'POST', path, administrator(), { json: {} });
    expect([again.status, again.body['code']]).toEqual([409, 'api-key/overlap-running']);
  });

  it('without an overlap refuses the former text from then on', async () => {
    const { id, value: first } = await issue();
    const second = await admin<Issued>('identity', 'POST', `/v1/api-keys/${id}/rotate`, administrator(), { json: {} });
    await reached(second.headers);
    expect([await call(first, 1), await call(second.body.value, 1)]).toEqual([401, 200]);
  });
});

describe('suspending', () => {
  it('a user ends all of their keys by one record, and resuming gives them back', async () => {
    const made = await admin<{ id: string }>('identity', 'POST', '/v1/users', administrator(), {
      json: { email: `sus-${Date.now()}@acme.example` },
    });
    const { value } = await issue(`user:${made.body.id}`);
    expect(await call(value, 1)).toBe(403);
    const suspended = await admin('identity', 'POST', `/v1/users/${made.body.id}/suspend`, administrator(), {
      json: {},
    });
    await reached(suspended.headers);
    expect(await call(value, 1)).toBe(401);
    const resumed = await admin('identity', 'POST', `/v1/users/${made.body.id}/resume`, administrator(), { json: {} });
    await reached(resumed.headers);
    expect(await call(value, 1)).toBe(403);
  });

  it('deactivating a user ends their keys for good, and not those of virtual accounts they made', async () => {
    const made = await admin<{ id: string }>('identity', 'POST', '/v1/users', administrator(), {
      json: { email: `gone-${Date.now()}@acme.example` },
    });
    const pat = await issue(`user:${made.body.id}`);
    const vak = await issue();
    const gone = await admin('identity', 'POST', `/v1/users/${made.body.id}/deactivate`, administrator(), { json: {} });
    await reached(gone.headers);
    expect([await call(pat.value, 1), await call(vak.value, 1)]).toEqual([401, 200]);
    const resumed = await admin('identity', 'POST', `/v1/users/${made.body.id}/resume`, administrator(), { json: {} });
    expect(resumed.status).toBe(404);
  });

  it('a team ends the keys of the accounts that it owns at both gateways, and resuming gives them back', async () => {
    const name = `owners-${Date.now()}`;
    const { body: team } = await admin<{ id: string }>('identity', 'POST', '/v1/teams', administrator(), {
      json: { name },
    });
    await admin('identity', 'POST', '/v1/virtual-accounts', administrator(), { json: { name, team: name } });
    const { value } = await issue(`virtual-account:${name}`);
    for (const [what, status] of [
      ['suspend', 401],
      ['resume', 403],
    ] as const) {
      const done = await admin('identity', 'POST', `/v1/teams/${team.id}/${what}`, administrator(), { json: {} });
      await reached(done.headers);
      expect([await call(value, 1), await call(value, 2)]).toEqual([status, status]);
    }
  });

  it('a tenant ends every credential of it by one record', async () => {
    const operator = local().operator.api_key;
    const name = `t${Date.now()}`;
    await admin('identity', 'POST', '/v1/tenants', operator, { json: { name } });
    await admin('identity', 'POST', '/v1/virtual-accounts', operator, { json: { name: 'v', tenant: name } });
    const key = await admin<Issued>('identity', 'POST', '/v1/api-keys', operator, {
      json: { name: 'k', owner: 'virtual-account:v', tenant: name },
    });
    await reached(key.headers);
    expect(await call(key.body.value, 1)).toBe(403);
    const suspended = await admin('identity', 'POST', `/v1/tenants/${name}/suspend`, operator, { json: {} });
    await reached(suspended.headers);
    expect(await call(key.body.value, 1)).toBe(401);
  });
});

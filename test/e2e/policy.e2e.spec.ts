import { describe, expect, it } from 'vitest';
import { waitFor } from '#libs/testing';
import { admin, demoKey, gatewayUrl, local } from '../system/system.js';

const administrator = () => demoKey('acme', 'admin');
const whatever = { headers: { 'if-match': '*' } };
type Applied = { revision: number; changed: boolean; changes: object[] };
type Mistakes = { code: string; errors: { file: string; line: number; column: number; message: string }[] };

const apply = <Body = Applied>(yaml: string, key = administrator(), query = '') =>
  admin<Body>('policy', 'POST', `/v1/apply${query}`, key, { yaml });

async function call(key: string, model: string, position?: string): Promise<number> {
  const answer = await fetch(`${gatewayUrl()}/v1/chat/completions`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      ...(position !== undefined && { 'gatehouse-min-position': position }),
    },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'x' }] }),
  });
  await answer.text();
  return answer.status;
}

const callAt = (key: string, model: string, headers: Headers) =>
  waitFor(
    async () => {
      const status = await call(key, model, String(headers.get('gatehouse-position')));
      return status !== 503 && status;
    },
    { timeoutMs: 60_000 },
  );

const grant = (name: string, model: string, reason = 'spec') => `
apiVersion: gatehouse/v1
kind: Role
metadata: {name: ${name}, tenant: acme}
spec:
  statements:
    - {id: one, effect: allow, actions: [model:invoke], resources: ["model:${model}"]}
---
apiVersion: gatehouse/v1
kind: RoleBinding
metadata: {name: ${name}, tenant: acme}
spec: {subjects: ["user:vic@acme.example"], roles: [${name}], reason: "${reason}"}
`;

describe('a bundle', () => {
  it('changes decisions with a new revision and no restart, and the same again makes none', async () => {
    const viewer = demoKey('acme', 'viewer');
    expect(await call(viewer, 'local/llama-3')).toBe(403);
    const first = await apply(grant('spec-grant', 'local/llama-3'));
    expect([first.status, first.body.changed, first.body.changes.length]).toEqual([200, true, 2]);
    expect(await callAt(viewer, 'local/llama-3', first.headers)).toBe(200);
    const again = await apply(grant('spec-grant', 'local/llama-3'));
    expect([again.body.changed, again.body.revision]).toEqual([false, first.body.revision]);
    const rolledBack = await admin<Applied>(
      'policy',
      'POST',
      `/v1/revisions/${first.body.revision - 1}/rollback`,
      administrator(),
    );
    expect(rolledBack.body.revision).toBe(first.body.revision + 1);
    expect(await callAt(viewer, 'local/llama-3', rolledBack.headers)).toBe(403);
  });

  it('with a mistake is 422 with file, line and column, and changes nothing', async () => {
    const before = await admin<{ data: { revision: number }[] }>(
      'policy',
      'GET',
      '/v1/revisions?limit=1',
      administrator(),
    );
    const yaml = grant('spec-broken', 'local/mistral').replace('model:invoke', 'model:invok');
    const { status, body } = await apply<Mistakes>(yaml);
    expect(status).toBe(422);
    expect(body.errors[0]).toMatchObject({ file: 'bundle.yaml', line: 7, column: expect.any(Number) });
    expect(body.errors[0]?.message).toContain('model:invok');
    const after = await admin<{ data: { revision: number }[] }>(
      'policy',
      'GET',
      '/v1/revisions?limit=1',
      administrator(),
    );
    expect(after.body.data[0]?.revision).toBe(before.body.data[0]?.revision);
    expect(await call(demoKey('acme', 'viewer'), 'local/mistral')).toBe(403);
  });

  it('that names nobody known by an address says where', async () => {
    const { status, body } = await apply<Mistakes>(grant('spec-nobody', 'local/mistral').replace('vic@', 'nobody@'));
    expect(status).toBe(422);
    expect(body.errors[0]).toMatchObject({ line: 12, message: expect.stringContaining('nobody@acme.example') });
  });

  it('of another tenant or of the platform is none of an administrator’s business', async () => {
    const foreign = await apply(grant('spec-foreign', 'local/mistral').replaceAll('tenant: acme', 'tenant: globex'));
    const platform = await apply(
      grant('spec-platform', 'local/mistral').replaceAll('tenant: acme', 'tenant: platform'),
    );
    expect([foreign.status, platform.status]).toEqual([404, 404]);
  });

  it('is refused to those who may not change policy', async () => {
    for (const name of ['manager', 'developer', 'viewer', 'auditor']) {
      const { status } = await apply(grant(`spec-${name}`, 'local/mistral'), demoKey('acme', name));
      expect([name, status]).toEqual([name, 403]);
    }
  });

  it('reads back as it was written, at any revision', async () => {
    const applied = await apply(grant('spec-read', 'local/llama-3', 'because of a spec'));
    const { body } = await admin<{ metadata: object; spec: object }>(
      'policy',
      'GET',
      '/v1/role-bindings/spec-read',
      administrator(),
    );
    expect(body.spec).toEqual({
      subjects: ['user:vic@acme.example'],
      roles: ['spec-read'],
      reason: 'because of a spec',
    });
    type Set = { data: { kind: string; metadata: { name: string } }[] };
    const at = (revision: number) =>
      admin<Set>('policy', 'GET', `/v1/revisions/${revision}/documents`, administrator()).then(({ body: set }) =>
        set.data.some(({ kind, metadata }) => kind === 'RoleBinding' && metadata.name === 'spec-read'),
      );
    expect([await at(applied.body.revision - 1), await at(applied.body.revision)]).toEqual([false, true]);
    const deleted = await admin('policy', 'DELETE', '/v1/role-bindings/spec-read', administrator(), whatever);
    expect(await callAt(demoKey('acme', 'viewer'), 'local/llama-3', deleted.headers)).toBe(403);
  });
});

describe('a platform document', () => {
  it('holds in every tenant at once, and ends when it is deleted', async () => {
    const operator = local().operator.api_key;
    const yaml = `
apiVersion: gatehouse/v1
kind: Boundary
metadata: {name: spec-no-mistral, tenant: platform}
spec:
  appliesTo: ["*"]
  allow:
    - {actions: ["*"], resources: ["**"], unless: [{attr: resource.tags.family, eq: mistral}]}
`;
    const manager = demoKey('acme', 'manager');
    expect(await call(manager, 'local/mistral')).toBe(200);
    const applied = await apply(yaml, operator);
    expect(applied.status).toBe(200);
    expect(await callAt(manager, 'local/mistral', applied.headers)).toBe(403);
    expect(await call(manager, 'local/llama-3')).toBe(200);
    const deleted = await admin(
      'policy',
      'DELETE',
      '/v1/boundaries/spec-no-mistral?tenant=platform',
      operator,
      whatever,
    );
    expect(deleted.status).toBe(200);
    expect(await callAt(manager, 'local/mistral', deleted.headers)).toBe(200);
  });
});

describe('an upstream credential', () => {
  it('is swapped without a failed call, and never read back', async () => {
    const manager = demoKey('acme', 'manager');
    const statuses = new Set<number>();
    const traffic = { stop: false };
    const loop = (async () => {
      while (!traffic.stop) statuses.add(await call(manager, 'local/llama-3'));
    })();
    const path = '/v1/provider-accounts/local/credential';
    const set = await admin('policy', 'PUT', path, administrator(), { json: { value: 'sk-sandbox-swapped' } });
    expect(set.status).toBe(200);
    expect(await callAt(manager, 'local/llama-3', set.headers)).toBe(200);
    traffic.stop = true;
    await loop;
    expect(statuses).toEqual(new Set([200]));
    const read = await admin('policy', 'GET', '/v1/provider-accounts/local', administrator());
    expect(JSON.stringify([set.body, read.body])).not.toContain('sk-sandbox');
  });
});

import { waitFor } from '#libs/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { act, admin, decisionRows, demoKey, gatewayUrl, local } from '../system/system.js';

type Issued = { id: string; value: string; created_at: string; expires_at: string; last_used_at: string | null };
type Rotated = Issued & { overlap_until: string };
type Given = { readonly status: number; readonly headers: Headers };

const administrator = () => demoKey('acme', 'admin');
const both = [1, 2] as const;
const DAY = 86_400;

async function call(key: string, gateway: 1 | 2): Promise<Given> {
  const answer = await fetch(`${gatewayUrl(gateway)}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'local/llama-3', messages: [{ role: 'user', content: 'x' }] }),
  });
  await answer.text();
  return answer;
}
const statuses = (key: string) => Promise.all(both.map(async (gateway) => (await call(key, gateway)).status));
const everywhere = (key: string, status: number) =>
  waitFor(async () => (await statuses(key)).every((each) => each === status), { timeoutMs: 60_000 });
const issue = async (more: object = {}) =>
  admin<Issued>('identity', 'POST', '/v1/api-keys', administrator(), {
    json: { name: 'life', owner: 'virtual-account:service', ...more },
  });

/**
 * Calls both gateways again and again until a moment has passed; answers what was not as it should be: 200 where the
 * answer came before the moment, 401 where the call was sent after it.
 */
async function faultsUntilAfter(key: string, endMs: number): Promise<string[]> {
  const faults: string[] = [];
  const sendOne = async () => {
    const sentMs = Date.now();
    const got = await statuses(key);
    const wanted = Date.now() < endMs ? 200 : sentMs >= endMs ? 401 : undefined;
    const isWrong = wanted !== undefined && got.some((status) => status !== wanted);
    if (isWrong) faults.push(`${got.join()} instead of ${wanted}, ${sentMs - endMs} ms from the end`);
    return sentMs >= endMs;
  };
  await waitFor(sendOne, { timeoutMs: 60_000, what: 'a call after the end' });
  return faults;
}

describe('the longest life that the demo’s KeyPolicy gives', () => {
  it('is 30 days to contractors and 90 to others, asked for or not; more is refused', async () => {
    const con = { owner: 'user:con@acme.example' };
    for (const [more, days] of [
      [con, 30],
      [{}, 90],
    ] as const) {
      const { status, body } = await issue(more);
      expect(status).toBe(201);
      expect((Date.parse(body.expires_at) - Date.parse(body.created_at)) / 1_000).toBe(days * DAY);
      expect((await issue({ ...more, expires_in_seconds: days * DAY + 1 })).status).toBe(422);
    }
  });
});

describe('a key', () => {
  it('is never wider than its owner: what is missing is named', async () => {
    const restrictions = { models: ['local/llama-3', 'openai-main/gpt-4'] };
    const { status, body } = await issue({ restrictions });
    const { errors } = body as unknown as { errors: { pointer: string }[] };
    expect([status, errors.map(({ pointer }) => pointer)]).toEqual([422, ['/restrictions/models/1']]);
  });

  it('ends at its second, and so does the overlap of a rotated one, on every gateway, with identity and policy stopped', async () => {
    const [{ body: short }, { body: old }] = [await issue({ expires_in_seconds: 12 }), await issue()];
    for (const key of [short, old]) await everywhere(key.value, 200);
    const rotation = { json: { overlap_seconds: 10 } };
    const path = `/v1/api-keys/${old.id}/rotate`;
    const { body: next } = await admin<Rotated>('identity', 'POST', path, administrator(), rotation);
    await everywhere(next.value, 200);
    const parts = ['identity', 'policy'];
    for (const part of parts) await act(part, 'stop');
    try {
      const faults = await Promise.all([
        faultsUntilAfter(short.value, Date.parse(short.expires_at)),
        faultsUntilAfter(old.value, Date.parse(next.overlap_until)),
      ]);
      expect(faults.flat()).toEqual([]);
      expect(await statuses(next.value)).toEqual([200, 200]);
    } finally {
      for (const part of parts) await act(part, 'start');
      for (const part of parts) await act(part, 'ready');
    }
  });

  it('shows when it was last used, to the minute', async () => {
    const { body: key } = await issue();
    await everywhere(key.value, 200);
    const used = await waitFor(
      async () =>
        (await admin<Issued>('identity', 'GET', `/v1/api-keys/${key.id}`, administrator())).body.last_used_at ?? false,
      { timeoutMs: 60_000, what: 'the last use' },
    );
    expect(used).toMatch(/:00\.000Z$/);
  });
});

describe('a rotation that is overdue', () => {
  const path = '/v1/key-policies/soon';
  const say = (rotationOverdue: 'warn' | 'refuse') =>
    admin('policy', 'PUT', path, administrator(), {
      headers: { 'if-match': '*' },
      json: { spec: { rules: [{ when: { labels: { rotate: 'soon' } }, rotateEverySeconds: 1, rotationOverdue }] } },
    });
  afterAll(() => admin('policy', 'DELETE', path, administrator(), { headers: { 'if-match': '*' } }));

  it('is told in a header and in the record, and refused where policy says so', async () => {
    const { body: key } = await issue({ labels: { rotate: 'soon' } });
    await everywhere(key.value, 200);
    expect((await say('warn')).status).toBe(200);
    const rule = 'key-policy/soon/rules/0';
    const warned = await waitFor(
      async () => {
        const answer = await call(key.value, 2);
        return answer.headers.get('gatehouse-applied-rules') === rule && answer;
      },
      { timeoutMs: 60_000 },
    );
    expect(warned.status).toBe(200);
    const [row] = await decisionRows(String(warned.headers.get('gatehouse-decision-id')));
    expect(row).toMatchObject({ outcome: 'allow', applied_rules: [rule] });
    await say('refuse');
    await everywhere(key.value, 401);
    const refused = await call(key.value, 1);
    expect(refused.headers.get('gatehouse-applied-rules')).toBeNull();
    const [denied] = await decisionRows(String(refused.headers.get('gatehouse-decision-id')));
    expect(denied).toMatchObject({ reason: 'rotation_overdue', applied_rules: [rule], code: 'invalid_api_key' });
  });
});

it('accounts that nobody owns are findings of their tenant', async () => {
  type Findings = { data: { kind: string; virtual_account_id: string; tenant_id: string }[] };
  const accounts = await admin<{ data: { id: string; name: string; ownerless: boolean }[] }>(
    'identity',
    'GET',
    '/v1/virtual-accounts',
    administrator(),
  );
  const service = accounts.body.data.find(({ name }) => name === 'service');
  expect(service?.ownerless).toBe(true);
  const found = await waitFor(
    async () => {
      const { body } = await admin<Findings>('audit', 'GET', '/v1/findings?kind=account-ownerless', administrator());
      return body.data.find((finding) => finding.virtual_account_id === service?.id) ?? false;
    },
    { timeoutMs: 90_000, what: 'the finding' },
  );
  expect(found.tenant_id).toBe('acme');
  expect((await admin('audit', 'GET', '/v1/findings', local().operator.api_key)).status).toBe(200);
});

import { waitFor } from '#libs/testing';
import { Client } from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { admin, decisionRows, demoKey, local, openai, sql } from '../system/system.js';
import { found, type Needle, type Piece } from './needles.js';
import { clickhouseRows, files, postgresRows } from './searched-stores.js';

const ada = () => demoKey('acme', 'admin');
/** In every text of hers: address, name, what she calls her key, why she was let in. */
const mark = crypto.randomUUID().slice(0, 13);
const email = `erin-${mark}@acme.example`;
const personal: Needle = { what: 'something of her', pattern: new RegExp(mark, 'iu') };
let userId: string;
let keyId: string;
let decisionId: string;

const post = async <Body>(service: 'identity' | 'policy', path: string, json: object) => {
  const { status, body } = await admin<Body>(service, 'POST', path, ada(), { json });
  expect(status, `${path} ${JSON.stringify(body)}`).toBeLessThan(300);
  return body;
};
const binding = () => ({
  apiVersion: 'gatehouse/v1',
  kind: 'RoleBinding',
  metadata: { name: 'erased-person', tenant: 'acme' },
  spec: { subjects: [`user:${email}`], roles: [`developer`], reason: `because of ${mark}` },
});
/** Without what topics keep until they are compacted, which is not audit's to hold. */
const logs = (): Piece[] =>
  [...files('logs'), ...files('services')].filter(({ place }) => /^logs|\/spool\//u.test(place));

async function keysOfSubject(id: string): Promise<number> {
  const client = new Client({ connectionString: local().postgres.url });
  await client.connect();
  try {
    const { rows } = await client.query('SELECT 1 FROM identity.subject_keys WHERE subject_id = $1', [id]);
    return rows.length;
  } finally {
    await client.end();
  }
}

beforeAll(async () => {
  ({ id: userId } = await post<{ id: string }>('identity', '/v1/users', { email, display_name: `Erin ${mark}` }));
  const named = { name: `laptop of ${mark}`, owner: `user:${email}` };
  const key = await post<{ id: string; value: string }>('identity', '/v1/api-keys', named);
  keyId = key.id;
  const bound = async () =>
    (await admin('policy', 'POST', '/v1/apply', ada(), { yaml: JSON.stringify(binding()) })).status;
  // Policy learns of her by the log.
  await waitFor(async () => (await bound()) < 300, { timeoutMs: 60_000, what: 'her role' });
  const ask = () =>
    openai(key.value)
      .chat.completions.create({ model: 'staging/gpt-4o-mini', messages: [{ role: 'user', content: 'Hi.' }] })
      .withResponse()
      .catch(() => undefined);
  const answer = await waitFor(ask, { timeoutMs: 60_000, what: 'her first call' });
  decisionId = String(answer.response.headers.get('gatehouse-decision-id'));
  await decisionRows(decisionId);
});

describe('a person who was erased', () => {
  it('was known before: the search looks at the right things', async () => {
    expect(await found([personal], postgresRows())).not.toEqual([]);
    expect(await keysOfSubject(userId)).toBe(1);
  });

  it('is nowhere in the record, in the stores behind it, nor in a log: neither address, name, nor what was written', async () => {
    // The reason was an administrator's text about her; it goes with the document that it explains.
    const removed = await admin('policy', 'DELETE', '/v1/role-bindings/erased-person', ada(), {
      headers: { 'if-match': '*' },
    });
    expect(removed.status).toBeLessThan(300);
    await post('identity', `/v1/users/${userId}/erase`, {});
    const isErased = async () =>
      (
        await sql('SELECT 1 FROM changes WHERE type = {type:String} AND resource = {id:String}', {
          type: 'identity.user.erased',
          id: userId,
        })
      ).length > 0;
    await waitFor(isErased, { timeoutMs: 60_000, what: 'the erasure to be in the record' });
    expect(await keysOfSubject(userId)).toBe(0);
    expect(await found([personal], clickhouseRows())).toEqual([]);
    expect(await found([personal], postgresRows())).toEqual([]);
    expect(await found([personal], logs())).toEqual([]);
  });

  it('leaves what was decided, by an id that nobody can turn into a person any more', async () => {
    const [row] = await decisionRows(decisionId);
    expect(row).toMatchObject({ principal_id: userId, key_id: keyId, outcome: 'allow' });
    const { body } = await admin('identity', 'GET', `/v1/users/${userId}`, ada());
    expect(JSON.stringify(body)).not.toContain(mark);
  });
});

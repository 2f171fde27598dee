import { randomBytes } from 'node:crypto';
import { MasterKey, openUpstreamCredential } from '#libs/access';
import { SecretRecord, topics } from '#libs/contracts';
import { waitFor } from '#libs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { account, bundle, Policy } from '../policy.fixture.js';

const policy = new Policy();
const path = 'PUT /v1/provider-accounts/main/credential';
const published = () =>
  policy.onTopic(topics.policySecrets.name).flatMap(({ key, value }) => {
    const text = String(value);
    return String(key) === 'watermark' || value === null
      ? []
      : [{ key: String(key), record: SecretRecord.parse(JSON.parse(text)) }];
  });
const master = () => MasterKey.parse(policy.settings.GATEHOUSE_MASTER_KEY);

beforeAll(async () => {
  await policy.open();
  await policy.apply('ada', bundle(account('main'), account('other')));
  await policy.apply('gil', account('main', 'globex'));
});
afterAll(() => policy.close());

describe('PUT /v1/provider-accounts/{account}/credential', () => {
  it('counts versions and never answers the credential', async () => {
    const first = await policy.ask('ada', path, { value: 'upstream-one' });
    expect([first.status, first.body]).toEqual([
      200,
      {
        object: 'provider_credential',
        account: 'main',
        tenant: 'acme',
        version: 1,
        origin: 'https://api.upstream.example',
        propagation: 'published',
      },
    ]);
    expect(first.headers['gatehouse-position']).toMatch(/^policy:\d+$/);
    const second = await policy.ask('ada', path, { value: 'upstream-two' });
    expect([second.body.version, second.text.includes('upstream-two')]).toEqual([2, false]);
    expect((await policy.ask('ada', 'GET /v1/provider-accounts/main')).text).not.toContain('upstream-');
    expect((await policy.ask('ada', 'GET /v1/provider-accounts/main/credential')).status).toBe(405);
  });

  it('publishes it sealed: the master key opens it, for its tenant, account, version and origin alone', async () => {
    await waitFor(() => published().length >= 2);
    const found = published().filter(({ key }) => key.startsWith('acme/main@'));
    expect(found.map(({ key }) => key)).toEqual(['acme/main@1', 'acme/main@2']);
    const record = found[1]?.record as SecretRecord;
    expect(openUpstreamCredential(master(), record)).toBe('upstream-two');
    const changed = [{ origin: 'https://evil.example' }, { account: 'other' }, { tenantId: 'globex' }, { version: 1 }];
    for (const change of changed) expect(() => openUpstreamCredential(master(), { ...record, ...change })).toThrow();
    const another = MasterKey.parse(randomBytes(32).toString('base64'));
    expect(() => openUpstreamCredential(another, record)).toThrow();
  });

  it('binds it to the account’s present origin: with another address it is to be given again', async () => {
    await policy.apply('ada', account('moved', 'acme', 'https://one.upstream.example/v1'));
    await policy.ask('ada', 'PUT /v1/provider-accounts/moved/credential', { value: 'x1' });
    await policy.apply('ada', account('moved', 'acme', 'https://two.upstream.example:8443/v1'));
    const { body } = await policy.ask('ada', 'PUT /v1/provider-accounts/moved/credential', { value: 'x2' });
    expect(body).toMatchObject({ version: 2, origin: 'https://two.upstream.example:8443' });
  });

  it('gives each tenant a data key of its own, and every account of a tenant the same', async () => {
    await policy.ask('ada', 'PUT /v1/provider-accounts/other/credential', { value: 'y' });
    await policy.ask('gil', path, { value: 'z' });
    await waitFor(() => published().some(({ key }) => key === 'globex/main@1'));
    const keysOf = (tenant: string) =>
      new Set(
        published()
          .filter(({ key }) => key.startsWith(`${tenant}/`))
          .map(({ record }) => record.dataKey),
      );
    expect([keysOf('acme').size, keysOf('globex').size]).toEqual([1, 1]);
    expect([...keysOf('acme')]).not.toEqual([...keysOf('globex')]);
  });

  it('gives dense versions to those who set one at the same time, and one data key', async () => {
    await policy.apply('gil', account('raced', 'globex'));
    const answers = await Promise.all(
      Array.from({ length: 5 }, (_, i) =>
        policy.ask('gil', 'PUT /v1/provider-accounts/raced/credential', { value: `r${i}` }),
      ),
    );
    expect(answers.map(({ body }) => body.version).toSorted()).toEqual([1, 2, 3, 4, 5]);
  });

  it('is 400, 401, 403 and 404 where it has to be', async () => {
    const value = { value: 'x' };
    expect((await policy.ask('ada', path, {})).status).toBe(400);
    expect((await policy.ask('ada', path, { value: '' })).status).toBe(400);
    expect((await policy.ask('ada', path, { value: 'x', origin: 'https://evil.example' })).status).toBe(400);
    expect((await policy.ask(undefined, path, value)).status).toBe(401);
    expect((await policy.ask('con', path, value)).status).toBe(403);
    expect((await policy.ask('ada', 'PUT /v1/provider-accounts/none/credential', value)).status).toBe(404);
    expect((await policy.ask('ada', `${path}?tenant=globex`, value)).status).toBe(404);
    await policy.apply('operator', account('platform-main', 'platform'));
    expect((await policy.ask('ada', 'PUT /v1/provider-accounts/platform-main/credential', value)).status).toBe(404);
    expect((await policy.ask('operator', 'PUT /v1/provider-accounts/platform-main/credential', value)).status).toBe(
      200,
    );
  });

  it('leaves no trace of the text in any table, on any topic, or in a decision', async () => {
    const marked = 'upstream-marked-credential';
    await policy.ask('ada', path, { value: marked });
    const names = await policy.rows<{ name: string }>(
      "select table_name as name from information_schema.tables where table_schema = 'policy'",
    );
    const tables = await Promise.all(
      names.map(async ({ name }) => JSON.stringify(await policy.rows(`select * from "${name}"`))),
    );
    const topicTexts = [topics.policyEvents, topics.policyState, topics.policySecrets].map(({ name }) =>
      policy.topicText(name),
    );
    const text = [...tables, ...topicTexts, JSON.stringify(policy.records)].join();
    for (const form of [marked, Buffer.from(marked).toString('base64').slice(0, 30)]) expect(text).not.toContain(form);
  });
});

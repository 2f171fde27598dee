import { describe, expect, it } from 'vitest';
import { answering, chat, client, codeOf, gateway, policyOf, post, type Gateway } from './pipeline.fixture.js';
import { document } from './surfaces.fixture.js';

const said = (pairs: unknown) => ({ 'gatehouse-metadata': JSON.stringify(pairs) });
const pairs = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, 'v']));
const [decided, ended] = [0, 1];

/** A gateway where a virtual account of that name may do what user_dev may. */
async function withAccount(settings: object = {}, answer = answering): Promise<Gateway> {
  const edge = await gateway(answer);
  const bound = document('RoleBinding', 'etl', { subjects: ['virtual-account:etl'], roles: ['developer'] });
  edge.set({ snapshot: policyOf(edge.upstreamUrl, settings, [bound]) });
  return edge;
}
const as = (key: string, pairs?: unknown) => ({
  authorization: `Bearer ${key}`,
  ...(pairs !== undefined && said(pairs)),
});

describe('the header gatehouse-metadata', () => {
  it('says with the body what a call is, on both records, and does not go upstream', async () => {
    const headers: unknown[] = [];
    const edge = await gateway((request, response) => {
      headers.push(request.headers);
      answering(request, response);
    });
    const body = { ...chat, metadata: { stage: 'nightly', project: 'apollo' } };
    const answer = await post(edge, body, said({ project: 'apollo', customer: 'blue' }));
    expect(answer.status).toBe(200);
    const metadata = { project: 'apollo', customer: 'blue', stage: 'nightly' };
    for (const at of [decided, ended]) expect(edge.spool.records[at]).toMatchObject({ metadata });
    expect(headers).toHaveLength(1);
    expect(headers[0]).not.toHaveProperty('gatehouse-metadata');
  });

  it('may say as much as its bounds, and anything in escapes', async () => {
    const edge = await gateway();
    const most = { ...pairs(15), ['k'.repeat(128)]: 'v'.repeat(128) };
    expect((await post(edge, chat, said(most))).status).toBe(200);
    expect(edge.spool.records[decided]).toMatchObject({ metadata: most });
    expect((await post(edge, chat, { 'gatehouse-metadata': '{"gr\\u00f6\\u00dfe":"\\ud83d\\ude00"}' })).status).toBe(
      200,
    );
    expect(edge.spool.records.at(-1)).toMatchObject({ metadata: { größe: '😀' } });
  });

  it.each([
    ['no JSON', '{"project":'],
    ['nothing', ''],
    ['null', 'null'],
    ['a list', '["project"]'],
    ['a number as a value', '{"project":7}'],
    ['an object as a value', '{"project":{}}'],
    ['a key that stands twice', '{"project":"a","pr\\u006fject":"b"}'],
    ['17 pairs', JSON.stringify(pairs(17))],
    ['a key of 129 characters', JSON.stringify({ ['k'.repeat(129)]: '' })],
    ['a value of 129 characters', JSON.stringify({ k: 'v'.repeat(129) })],
    ['bytes that are not ASCII', '{"project":"größe"}'],
  ])('of %s is 400, naming the header, and is known to no upstream', async (_what, text) => {
    const edge = await gateway();
    const answer = await post(edge, chat, { 'gatehouse-metadata': text });
    const { error } = (await answer.clone().json()) as { error: { param: string; message: string } };
    expect(await codeOf(answer)).toBe('400 invalid_metadata');
    expect(error.param).toBe('gatehouse-metadata');
    expect(error.message).toContain("'gatehouse-metadata'");
    expect(edge.upstreamRequests).toEqual([]);
    expect(edge.spool.records).toMatchObject([{ outcome: 'deny', code: 'invalid_metadata', principal_id: 'user_dev' }]);
  });

  it('that is sent twice is 400: which one is meant cannot be told', async () => {
    const edge = await gateway();
    const twice = new Headers(as(edge.keys.dev, { project: 'apollo' }));
    twice.append('gatehouse-metadata', '{"project":"zeus"}');
    const answer = await fetch(`${edge.url}/v1/chat/completions`, { method: 'POST', headers: twice, body: '{}' });
    expect(await codeOf(answer)).toBe('400 invalid_metadata');
  });

  it('may not contradict the body, nor go beyond the bound together with it', async () => {
    const edge = await gateway();
    const body = { ...chat, metadata: { project: 'apollo' } };
    expect(await codeOf(await post(edge, body, said({ project: 'zeus' })))).toBe('400 invalid_metadata');
    expect(await codeOf(await post(edge, body, said(pairs(16))))).toBe('400 invalid_metadata');
    expect((await post(edge, body, said(pairs(15)))).status).toBe(200);
  });

  it('is read by conditions, of calls and of the list of models alike', async () => {
    const edge = await gateway();
    const when = [{ attr: 'request.metadata.project', eq: 'apollo' }];
    const statement = {
      actions: ['model:invoke', 'model:list'],
      resources: ['model:main/secret'],
      effect: 'allow',
      when,
    };
    const role = document('Role', 'apollo', { statements: [{ id: 'secret', ...statement }] });
    const bound = document('RoleBinding', 'apollo', { subjects: ['user:user_dev'], roles: ['apollo'] });
    edge.set({ snapshot: policyOf(edge.upstreamUrl, {}, [role, bound]) });
    const secret = { ...chat, model: 'main/secret' };
    expect(await codeOf(await post(edge, secret))).toBe('403 model_not_allowed');
    expect(await codeOf(await post(edge, secret, said({ project: 'zeus' })))).toBe('403 model_not_allowed');
    expect((await post(edge, secret, said({ project: 'apollo' }))).status).toBe(200);
    const listed = async (headers?: Record<string, string>) =>
      (await client(edge, edge.keys.dev).models.list(headers && { headers })).data.map(({ id }) => id);
    expect(await listed()).not.toContain('main/secret');
    expect(await listed(said({ project: 'apollo' }))).toContain('main/secret');
    expect(edge.spool.records.at(-1)).toMatchObject({ action: 'model:list', metadata: { project: 'apollo' } });
    await expect(listed({ 'gatehouse-metadata': '{' })).rejects.toMatchObject({
      status: 400,
      code: 'invalid_metadata',
    });
  });
});

describe('labels', () => {
  it('of key and virtual account say what a call is, and what its caller said instead is on record', async () => {
    const edge = await withAccount();
    const labels = { ofAccount: { project: 'apollo', stage: 'nightly' }, ofKey: { stage: 'weekly', host: 'ci-1' } };
    const key = edge.keys.account('etl', labels);
    const asked = { project: 'zeus', host: 'ci-1', customer: 'blue' };
    expect((await post(edge, chat, as(key, asked))).status).toBe(200);
    const metadata = { project: 'apollo', stage: 'nightly', host: 'ci-1', customer: 'blue' };
    for (const at of [decided, ended]) expect(edge.spool.records[at]).toMatchObject({ metadata });
    const { attributes } = edge.spool.records[decided] as { attributes: Record<string, string> };
    const overruled = Object.entries(attributes).filter(([name]) => name.startsWith('metadata.'));
    expect(overruled).toEqual([['metadata.overruled.project', 'zeus']]);
    // Nothing of it stays with the caller's next call.
    await post(edge, chat, as(key));
    expect(edge.spool.records[2]).toMatchObject({ metadata: { project: 'apollo', stage: 'nightly', host: 'ci-1' } });
    expect(JSON.stringify(edge.spool.records[2])).not.toContain('overruled');
  });

  it('of the tenant win over all others, from the next call on, for users and virtual accounts alike', async () => {
    const edge = await withAccount();
    const key = edge.keys.account('etl', { ofAccount: { center: '1', stage: 'nightly' }, ofKey: { center: '2' } });
    await post(edge, chat, as(key, { center: '3' }));
    edge.put('tenant/acme', { id: 'acme', status: 'active', labels: { center: '4711' } });
    await post(edge, chat, as(key, { center: '3' }));
    await post(edge, chat, as(edge.keys.dev, { center: '3' }));
    edge.put('tenant/acme', { id: 'acme', status: 'active' });
    await post(edge, chat, as(edge.keys.dev, { center: '3' }));
    const decisions = edge.spool.records.filter(({ type }) => type === 'access.decided');
    const stage = 'nightly';
    expect(decisions.map(({ metadata }) => metadata)).toEqual([
      { center: '1', stage },
      { center: '4711', stage },
      { center: '4711' },
      { center: '3' },
    ]);
  });

  it('win over the body, too, which goes upstream as it came', async () => {
    const bodies: unknown[] = [];
    const edge = await withAccount({}, (request, response) => {
      request.on('data', (part: Buffer) => bodies.push(JSON.parse(String(part))));
      request.on('end', () => response.end('{}'));
    });
    const key = edge.keys.account('etl', { ofAccount: { project: 'apollo' } });
    await post(edge, { ...chat, metadata: { project: 'zeus' } }, as(key));
    expect(edge.spool.records[decided]).toMatchObject({ metadata: { project: 'apollo' } });
    expect(bodies).toMatchObject([{ metadata: { project: 'zeus' } }]);
  });

  it('are what conditions and required metadata see, whatever the caller says', async () => {
    const edge = await withAccount({ requiredMetadata: { project: ['apollo'] } });
    const [apollo, zeus] = ['apollo', 'zeus'].map((project) => edge.keys.account('etl', { ofKey: { project } }));
    expect((await post(edge, chat, as(apollo ?? '', { project: 'zeus' }))).status).toBe(200);
    expect(await codeOf(await post(edge, chat, as(zeus ?? '', { project: 'apollo' })))).toBe('400 invalid_metadata');
  });

  it('that are changed hold from the next call on', async () => {
    const edge = await withAccount();
    const key = edge.keys.account('etl', { ofAccount: { project: 'apollo' } });
    await post(edge, chat, as(key));
    edge.keys.account('etl', { ofAccount: { project: 'zeus' } });
    await post(edge, chat, as(key));
    const decisions = edge.spool.records.filter(({ type }) => type === 'access.decided');
    expect(decisions).toMatchObject([{ metadata: { project: 'apollo' } }, { metadata: { project: 'zeus' } }]);
  });
});

it('is required by what it says itself: a name that every object has is not there by itself', async () => {
  const edge = await gateway(undefined, { requiredMetadata: { constructor: '*' } });
  expect(await codeOf(await post(edge, chat))).toBe('400 missing_metadata');
  expect(await codeOf(await post(edge, chat, said({ project: 'apollo' })))).toBe('400 missing_metadata');
  expect((await post(edge, chat, said({ constructor: 'mine' }))).status).toBe(200);
});

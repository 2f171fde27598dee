import { createHash } from 'node:crypto';
import { MemoryBus } from '#libs/bus';
import { SetDigest, type AccessDecided, type DocumentChange, type DocumentKind } from '#libs/contracts';
import { canonicalJson } from '#libs/policy-language';
import { waitFor } from '#libs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engine, SpecSource, startAudit, ready } from '../audit.fixture.js';
import { EventTwin } from '../changes/events.fixture.js';
import { People, type Person } from '../people.fixture.js';
import { publish, SpoolTwin } from '../records.fixture.js';

type Told = { decision: string; reason: string; statements: string[]; near_misses: { statement: string }[] };
type Explanation = {
  recorded: Told;
  not_decided_again: string | null;
  at_the_time: Told | null;
  now: (Told & { principal_status: string; key_status: string }) | null;
  differences: string[];
};
type Conformity = {
  conforms: boolean;
  looked_at: number;
  decided_again: number;
  not_decided_again: Record<string, number>;
  differing: number;
  differences: { decision_id: string; columns: string[]; recorded: Told; again: Told }[];
};

const source = new SpecSource();
const stored = engine(source);
const bus = new MemoryBus();
const people = new People(bus, source.suffix);
const [identityTopic, policyTopic] = source.events as [(typeof source.events)[0], (typeof source.events)[0]];
const identity = new EventTwin(identityTopic, 'identity');
const policy = new EventTwin(policyTopic, 'policy');
const spool = new SpoolTwin(source.gateway);
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

function documentOf(kind: DocumentKind, name: string, spec: object, tags?: object): DocumentChange {
  const metadata = { name, tenant: 'acme', ...(tags && { tags }) };
  const document = { apiVersion: 'gatehouse/v1', kind, metadata, spec };
  return { kind, name, document, digest: sha256(canonicalJson(document)), freeText: null };
}
const digestOf = (documents: readonly DocumentChange[]) => ({
  documentCount: documents.length,
  setDigest: SetDigest.of(
    documents.map(({ kind, name, digest }) => ({ kind, name, digest: digest ?? '' })),
    sha256,
  ).value,
});
const account = documentOf('ProviderAccount', 'local', { provider: 'openai', baseUrl: 'https://models.example/v1' });
const model = documentOf('Model', 'local/llama-3', { upstreamModel: 'l', types: ['chat'] }, { env: 'production' });
const allow = { id: 'use', effect: 'allow', actions: ['model:invoke'], resources: ['model:local/*'] };
const role = (...statements: object[]) => documentOf('Role', 'user', { statements });
const binding = documentOf('RoleBinding', 'ds', { subjects: ['team:ds', 'virtual-account:etl'], roles: ['user'] });
const deny = { ...allow, id: 'stop', effect: 'deny', when: [{ attr: 'request.metadata.feature', eq: 'search' }] };
const first = [account, model, role(allow), binding];
const second = [account, model, role(allow, deny), binding];

const attributes = {
  'credential.kind': 'pat',
  'credential.issuedAt': '2026-01-01T00:00:00.000Z',
  'principal.teams': 'ds',
};
const asked = { policy_revision: 1, platform_revision: 0, attributes, statements: ['user/use'] };
const denied = { outcome: 'deny', code: 'model_not_allowed', http_status: 403 } as const;
const granted = spool.decided(asked);
const stopped = spool.decided({
  ...asked,
  ...denied,
  policy_revision: 2,
  reason: 'explicit_deny',
  statements: ['user/stop'],
});
const strangersAsk = {
  ...asked,
  ...denied,
  reason: 'no_matching_rule',
  statements: [],
  attributes: { ...attributes, 'principal.teams': 'sales' },
} as const;
const strangers = spool.decided({ ...strangersAsk, statements: [] });
const analysts = spool.decided({ ...strangersAsk, statements: [], principal_id: 'user_ana' });
const restricted = { ...attributes, 'credential.kind': 'vak', 'principal.teams': '', 'credential.restricted': 'true' };
const ofAccount = { principal_kind: 'virtual-account', principal_id: 'va_1', key_id: 'key000000001' } as const;
const narrowed = spool.decided({
  ...asked,
  ...ofAccount,
  ...denied,
  reason: 'credential_restriction',
  attributes: restricted,
  identity_position: 2,
});
const widened = spool.decided({ ...asked, ...ofAccount, attributes: restricted, identity_position: 3 });
const limited = spool.decided({ ...asked, ...denied, reason: 'limit' });
const unknowable = spool.decided({ ...asked, policy_revision: 3 });
const ofToken = spool.decided({ ...asked, attributes: { ...attributes, 'credential.detailed': 'true' } });
const planted = spool.decided({
  ...asked,
  policy_revision: 2,
  principal_id: 'user_ana',
});
const sound = [granted, stopped, strangers, analysts, narrowed, widened, limited, unknowable, ofToken];

let audit: Awaited<ReturnType<typeof startAudit>>;
const get = async <Body>(person: Person | undefined, url: string) => {
  const answer = await audit.app.inject({ url, headers: person ? people.bearer(person) : {} });
  return { status: answer.statusCode, body: answer.json<Body>() };
};
const explained = async (person: Person, { decision_id: id }: AccessDecided) =>
  (await get<Explanation>(person, `/v1/decisions/${id}/explain`)).body;
const counted = async (table: string) =>
  (await stored.rows<{ n: number }>(`SELECT count() AS n FROM db.${table}`))[0]?.n;

beforeAll(async () => {
  await bus.ensureTopics([...source.topics, ...source.events, source.deadLetters]);
  await people.open();
  const key = (past: string, models: string[]) =>
    identity.event({
      type: `identity.api-key.${past}`,
      stream: 'identity.api-key-key000000001',
      data: { keyId: 'key000000001', restrictions: { models } },
    });
  await bus.publish([
    identity.event({
      type: 'identity.virtual-account.created',
      stream: 'identity.virtual-account-va_1',
      data: { virtualAccountId: 'va_1', name: 'etl', operator: false },
    }),
    key('issued', ['local/mistral']),
    key('narrowed-anew', ['local/llama-3']),
    policy.revision(1, first, digestOf(first)),
    policy.revision(2, [role(allow, deny)], digestOf(second)),
    // A document of the third is not among what was told: its set cannot be whole.
    policy.revision(3, [binding], { ...digestOf(second), setDigest: digestOf(first).setDigest }),
  ]);
  audit = await startAudit(source, bus, people);
  await ready(audit);
  await publish(bus, source.gateway, sound);
  await waitFor(async () => (await counted('decisions')) === sound.length && (await counted('changes')) === 9);
});
afterAll(async () => {
  people.close();
  await audit.app.close();
  await bus.close();
  await stored.close();
});

describe('GET /v1/decisions/{id}/explain', () => {
  it('decides again with the documents of the revision of then, and with those of now', async () => {
    const then = await explained('ada', granted);
    expect(then).toMatchObject({ not_decided_again: null, differences: [] });
    expect(then.at_the_time).toMatchObject({ decision: 'allow', statements: ['user/use'], policy_revision: 1 });
    // People of the present know no model: what is in force now grants nothing.
    expect(then.now).toMatchObject({ decision: 'deny', reason: 'unknown_model', principal_status: 'active' });
    const denial = await explained('ada', stopped);
    expect(denial.at_the_time).toMatchObject({ decision: 'deny', statements: ['user/stop'], policy_revision: 2 });
  });

  it('names what nearly granted it, to those who may read the policy and to nobody else', async () => {
    const { near_misses: misses } = (await explained('ada', strangers)).at_the_time as Told;
    expect(misses).toMatchObject([{ statement: 'user/use', because: 'it is granted to team:ds' }]);
    const { near_misses: hidden, statements } = (await explained('ana', analysts)).at_the_time as Told;
    expect({ hidden, statements }).toEqual({ hidden: [], statements: [] });
    expect((await explained('dev', strangers)).at_the_time?.near_misses).toHaveLength(1);
  });

  it('knows what a key was narrowed to then, and an account by its name', async () => {
    expect((await explained('ada', narrowed)).at_the_time).toMatchObject({ reason: 'credential_restriction' });
    expect((await explained('ada', widened)).at_the_time).toMatchObject({ decision: 'allow' });
  });

  it.each([
    ['not_by_policy', limited],
    ['documents_unknown', unknowable],
    ['narrowing_unknown', ofToken],
  ])('says that it was %s, rather than guess', async (why, record) => {
    const { not_decided_again, at_the_time, now } = await explained('ada', record);
    expect({ not_decided_again, at_the_time, now }).toEqual({ not_decided_again: why, at_the_time: null, now: null });
  });

  it('is 401, 403 and the same 404 as the decision itself', async () => {
    const url = `/v1/decisions/${granted.decision_id}/explain`;
    const statuses = [undefined, 'con', 'gil', 'ana'].map(async (who) => (await get(who as Person, url)).status);
    expect(await Promise.all(statuses)).toEqual([401, 403, 404, 404]);
    expect((await get('ada', '/v1/decisions/nonsense/explain')).status).toBe(404);
  });
});

describe('GET /v1/conformity', () => {
  it('finds no difference where none is, and says what it did not decide again', async () => {
    const { body } = await get<Conformity>('ada', '/v1/conformity');
    expect(body).toMatchObject({ conforms: true, looked_at: sound.length, decided_again: 6, differing: 0 });
    expect(body.not_decided_again).toEqual({ not_by_policy: 1, documents_unknown: 1, narrowing_unknown: 1 });
  });

  it('finds the one that was planted', async () => {
    await publish(bus, source.gateway, [planted]);
    await waitFor(async () => (await counted('decisions')) === sound.length + 1);
    const { body } = await get<Conformity>('ada', '/v1/conformity?limit=2000');
    expect(body).toMatchObject({ conforms: false, differing: 1 });
    expect(body.differences).toMatchObject([
      {
        decision_id: planted.decision_id,
        columns: ['outcome', 'reason', 'statements'],
        recorded: { decision: 'allow' },
        again: { decision: 'deny', reason: 'explicit_deny', statements: ['user/stop'] },
      },
    ]);
    expect((await get<Conformity>('operator', '/v1/conformity?tenant=globex')).body).toMatchObject({ looked_at: 0 });
  });

  it('is 400, 401, 403 and 404 where it has to be', async () => {
    const questions: [Person | undefined, string][] = [
      ['ada', '?limit=2001'],
      ['ada', '?colour=red'],
      [undefined, ''],
      ['dev', ''],
      ['ada', '?tenant=globex'],
    ];
    const answers = await Promise.all(questions.map(([who, query]) => get(who, `/v1/conformity${query}`)));
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 401, 403, 404]);
  });
});

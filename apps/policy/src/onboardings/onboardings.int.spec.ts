import { deriveMacKey, sealRecord } from '#libs/bus';
import { OnboardingAnswer, OnboardingRecord, RevisionPublished, topics, WATERMARK_KEY } from '#libs/contracts';
import { waitFor } from '#libs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { binding, document, Policy, role } from '../policy.fixture.js';

const policy = new Policy();
let position = 0;
const inAMinute = () => new Date(Date.now() + 60_000).toISOString();
const limits = (tenant: string) =>
  document('Limits', tenant, 'all', { rules: [{ id: 'rpm', when: {}, limit: 10, unit: 'requests_per_minute' }] });

/** What identity tells, with its MAC; with another service's when a spec says so. */
async function tell(record: OnboardingRecord, key: Buffer = policy.busKey): Promise<void> {
  position += 1;
  const value = Buffer.from(JSON.stringify(record));
  const place = { generation: 1, epoch: 1, position };
  const envelope = { id: `${position}`, source: 'identity', type: 'spec', time: new Date().toISOString(), schema: 1 };
  const outgoing = { topic: topics.identityOnboardings.name, key: record.onboardingId, value, ...place };
  await policy.bus.publish([sealRecord(deriveMacKey(key), outgoing, envelope)]);
}

/** Asks for an onboarding of documents; `more` is what a spec does differently. */
const request = (onboardingId: string, tenantId: string, texts: string[], more: Partial<OnboardingRecord> = {}) =>
  OnboardingRecord.parse({
    status: 'requested',
    onboardingId,
    tenantId,
    deadlineAt: inAMinute(),
    author: 'va_operator',
    requestId: 'req-1',
    decisionId: '0198f0a0-0000-7000-8000-000000000000',
    files: texts.map((text, n) => ({ name: `documents/${n}.json`, text })),
    ...more,
  });
const withdrawal = (onboardingId: string, tenantId: string): OnboardingRecord => {
  return { status: 'withdrawn', onboardingId, tenantId };
};

/** Everything that identity was answered about an onboarding. */
const answers = (onboardingId: string): OnboardingAnswer[] =>
  policy
    .onTopic(topics.policyOnboardings.name)
    .filter(({ key }) => String(key) === onboardingId && String(key) !== WATERMARK_KEY)
    .map(({ value }) => OnboardingAnswer.parse(JSON.parse(String(value))));
const answered = (onboardingId: string, outcome: OnboardingAnswer['outcome']) =>
  waitFor(() => answers(onboardingId).find((answer) => answer.outcome === outcome), { what: `${outcome}` });

const inForce = (tenant: string) =>
  policy.rows<{ name: string }>(`select name from (
    select distinct on (kind, name) * from document_history_v1 where tenant_id = '${tenant}'
    order by kind, name, revision desc) newest where document is not null order by name`);
const names = async (tenant: string) => {
  await policy.store.projections.catchUp([RevisionPublished.type]);
  return (await inForce(tenant)).map(({ name }) => name);
};

beforeAll(() => policy.open());
afterAll(() => policy.close());

describe('the policy of a tenant that is to be', () => {
  it('is in force, with its free text sealed, when it is confirmed', async () => {
    const reason = { reason: 'the words of a person' };
    const texts = [role('reader', 'initech'), binding('b', 'user:user_eve', ['reader'], 'initech', reason)];
    await tell(request('onboarding_1', 'initech', [...texts, limits('initech')]));
    expect(await answered('onboarding_1', 'confirmed')).toMatchObject({ tenantId: 'initech', revision: 1 });
    expect(await names('initech')).toEqual(['all', 'b', 'reader']);
    expect(policy.topicText(topics.policyState.name)).not.toContain('the words of a person');
    expect(JSON.stringify(await policy.rows('select * from events'))).not.toContain('the words of a person');
  });

  it('is told once, however often the request comes', async () => {
    await tell(request('onboarding_1', 'initech', [role('other', 'initech')]));
    await tell(request('onboarding_2', 'umbrella', [role('reader', 'umbrella')]));
    await answered('onboarding_2', 'confirmed');
    expect(answers('onboarding_1')).toHaveLength(1);
    expect(await names('initech')).toEqual(['all', 'b', 'reader']);
  });

  it('is refused whole, with every mistake at its place, as an apply would tell it', async () => {
    const texts = [role('reader', 'hooli'), binding('b', 'user:user_eve', ['no-such-role'], 'hooli')];
    await tell(request('onboarding_3', 'hooli', texts));
    const answer = await answered('onboarding_3', 'refused');
    const problems = answer.outcome === 'refused' ? answer.problems : [];
    expect(problems).toMatchObject([{ file: 'documents/1.json', line: expect.any(Number) }]);
    expect(await names('hooli')).toEqual([]);
  });

  it.each([
    ['an address that nobody has', [binding('b', 'user:eve@piper.example', ['admin'], 'piper')], 'unknown-subject'],
    ['documents of another tenant', [role('reader', 'globex')], 'other-tenant'],
    ['documents of the platform', [role('reader', 'platform')], 'other-tenant'],
    [
      'an upstream at an address that may not be called',
      [document('ProviderAccount', 'piper', 'a', { provider: 'openai-compatible', baseUrl: 'http://10.0.0.1/v1' })],
      'address-refused',
    ],
  ])('is refused for %s', async (what, texts, rule) => {
    const id = `onboarding_${what.length}_${rule}`;
    await tell(request(id, 'piper', texts));
    const answer = await answered(id, 'refused');
    expect(answer).toMatchObject({ problems: [{ rule }] });
    expect(await names('piper')).toEqual([]);
  });

  it('is refused where a tenant has documents already: nobody’s policy is replaced', async () => {
    const before = await names('globex');
    await tell(request('onboarding_4', 'globex', [role('reader', 'globex')]));
    expect(await answered('onboarding_4', 'refused')).toMatchObject({ problems: [{ rule: 'not-new' }] });
    expect(await names('globex')).toEqual(before);
  });

  it('is refused when its time is over', async () => {
    await tell(request('onboarding_5', 'late', [role('reader', 'late')], { deadlineAt: new Date(0).toISOString() }));
    expect(await answered('onboarding_5', 'refused')).toMatchObject({ problems: [{ rule: 'too-late' }] });
    expect(await names('late')).toEqual([]);
  });

  it('is not taken from whoever does not hold the bus key', async () => {
    await tell(request('onboarding_6', 'forged', [role('reader', 'forged')]), Buffer.alloc(32, 7));
    await tell(request('onboarding_7', 'honest', [role('reader', 'honest')]));
    await answered('onboarding_7', 'confirmed');
    expect(answers('onboarding_6')).toEqual([]);
    expect(await names('forged')).toEqual([]);
  });
});

describe('an onboarding that is withdrawn', () => {
  it('leaves no document in force, and its tenant can be onboarded again', async () => {
    await tell(withdrawal('onboarding_1', 'initech'));
    await answered('onboarding_1', 'withdrawn');
    expect(await names('initech')).toEqual([]);
    await tell(request('onboarding_8', 'initech', [role('writer', 'initech')]));
    expect(await answered('onboarding_8', 'confirmed')).toMatchObject({ revision: 3 });
    expect(await names('initech')).toEqual(['writer']);
    // Of another one of the same name nothing is taken away by the first.
    await tell(withdrawal('onboarding_1', 'initech'));
    await tell(withdrawal('onboarding_2', 'umbrella'));
    await answered('onboarding_2', 'withdrawn');
    expect(await names('initech')).toEqual(['writer']);
  });

  it('is not put in force by a request that comes late', async () => {
    await tell(withdrawal('onboarding_9', 'vandelay'));
    await tell(request('onboarding_9', 'vandelay', [role('reader', 'vandelay')]));
    await tell(request('onboarding_10', 'after', [role('reader', 'after')]));
    await answered('onboarding_10', 'confirmed');
    expect(answers('onboarding_9').map(({ outcome }) => outcome)).toEqual(['withdrawn']);
    expect(await names('vandelay')).toEqual([]);
  });
});

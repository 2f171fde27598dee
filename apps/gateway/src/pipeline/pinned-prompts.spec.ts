import { createHash } from 'node:crypto';
import { PolicyView } from '#libs/access';
import { documentKey, headKey, SetDigest, type KeptPromptVersion } from '#libs/contracts';
import { canonicalJson, type PolicyDocument } from '#libs/policy-language';
import type OpenAI from 'openai';
import { BadRequestError, NotFoundError } from 'openai';
import { describe, expect, it } from 'vitest';
import { client } from './pipeline.fixture.js';
import { answeringWith, document, everyModel, surfaces } from './surfaces.fixture.js';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const digestOf = (each: PolicyDocument) => sha256(canonicalJson(each));
const greeting = (content: string, env: string, variables: object = {}) =>
  document('Prompt', 'greeting', { variables, messages: [{ role: 'system', content }] }, { env });

/** The versions of a prompt, oldest first, each made by a revision of its own. */
const versions = [
  greeting('One.', 'production'),
  greeting('Two for {{name}}.', 'production', { name: { type: 'string', maxLength: 8 } }),
  greeting('A draft.', 'staging'),
  greeting('Four.', 'staging'),
];
const FORGOTTEN = 1;

/** What a gateway reads of a tenant that has these documents besides, when the newest version of the prompt is in force. */
function viewOf(others: readonly PolicyDocument[]): PolicyView {
  const view = new PolicyView();
  const put = (key: string, record: object) => view.apply(key, Buffer.from(JSON.stringify(record)));
  const recordOf = (each: PolicyDocument) => ({ document: each, digest: digestOf(each) });
  for (const each of others) put(documentKey('acme', each.kind, each.metadata.name, 1), recordOf(each));
  const promoted: KeptPromptVersion[] = [];
  for (const [n, each] of versions.entries()) {
    const made = { version: n + 1, revision: n + 1, digest: digestOf(each) };
    if (each.metadata.tags?.['env'] === 'production') promoted.push(made);
    const kept = promoted.filter(({ version }) => n < versions.length - 1 || version !== FORGOTTEN);
    put(documentKey('acme', 'Prompt', 'greeting', n + 1), { ...recordOf(each), prompt: { version: n + 1, kept } });
  }
  const set = [...others, ...versions.slice(-1)];
  const lines = set.map((each) => ({ kind: each.kind, name: each.metadata.name, digest: digestOf(each) }));
  put(headKey('acme'), {
    tenantId: 'acme',
    revision: versions.length,
    former: versions.length - 1,
    documentCount: set.length,
    setDigest: SetDigest.of(lines, sha256).value,
    at: '2026-11-23T09:00:00.000Z',
  });
  return view;
}

type Reference = OpenAI.Responses.ResponseCreateParams['prompt'];

async function open() {
  const upstream = answeringWith(JSON.stringify({ id: 'resp_1', object: 'response', status: 'completed', output: [] }));
  const edge = await surfaces(upstream.listener);
  edge.set({ snapshot: viewOf(everyModel(edge.upstreamUrl)).snapshot('acme') });
  const call = (prompt: Reference) => client(edge, edge.keys.dev).responses.create({ model: 'openai/chat', prompt });
  const refusal = (prompt: unknown) =>
    call(prompt as Reference).then(
      () => undefined,
      (error: unknown) => error as Error,
    );
  const records = () => edge.spool.records.filter(({ type }) => type === 'access.decided');
  return { call, refusal, records, sent: upstream.sent };
}

describe('a prompt of which a version is pinned', () => {
  it('is that version, whatever is in force, and the record says which one', async () => {
    const { call, records, sent } = await open();
    await call({ id: 'greeting', version: '2', variables: { name: 'Ada' } });
    expect(sent.map(({ body }) => body['input'])).toEqual([[{ role: 'system', content: 'Two for Ada.' }]]);
    expect(records()).toMatchObject([{ outcome: 'allow', applied_rules: ['Prompt/greeting@2'] }]);
  });

  it('is the one in force where none is, and the record says which that is', async () => {
    const { call, records, sent } = await open();
    for (const none of [{}, { version: null }]) await call({ id: 'greeting', ...none });
    expect(sent.map(({ body }) => body['input'])).toEqual([
      [{ role: 'system', content: 'Four.' }],
      [{ role: 'system', content: 'Four.' }],
    ]);
    expect(records()).toMatchObject([
      { applied_rules: ['Prompt/greeting@4'] },
      { applied_rules: ['Prompt/greeting@4'] },
    ]);
  });

  it('takes the variables of that version', async () => {
    const { refusal } = await open();
    expect(await refusal({ id: 'greeting', version: '2' })).toMatchObject({ param: 'prompt.variables.name' });
  });

  it.each([
    ['that was never promoted', '3'],
    ['that is in force and a draft', '4'],
    ['that there never was', '40'],
    ['that is not kept any more', '1'],
  ])('%s is 404 to the stock client, names the way out, and reaches no upstream', async (_what, version) => {
    const { refusal, records, sent } = await open();
    const error = await refusal({ id: 'greeting', version, variables: { name: 'Ada' } });
    expect(error).toBeInstanceOf(NotFoundError);
    expect(error).toMatchObject({ code: 'not_found', param: 'prompt.version' });
    expect(error?.message).toContain('Pin one of "2", or leave the version out');
    expect(sent).toEqual([]);
    expect(records()).toMatchObject([{ outcome: 'deny', code: 'not_found', reason: 'resource_unknown' }]);
  });

  it('tells nothing of its versions to who may not read it', async () => {
    const { refusal } = await open();
    const [unknown, pinned] = await Promise.all([refusal({ id: 'other' }), refusal({ id: 'other', version: '2' })]);
    expect(pinned).toBeInstanceOf(NotFoundError);
    expect(pinned).toHaveProperty('error', (unknown as NotFoundError).error);
  });

  it('by what is no number of a version is 400 and names the field', async () => {
    const { refusal, sent } = await open();
    for (const version of ['0', '-1', '03', '2.0', 'v2', '', '1'.repeat(16), 2, ['2'], { $gt: '' }]) {
      const error = await refusal({ id: 'greeting', version });
      expect([version, error]).toEqual([version, expect.any(BadRequestError)]);
      expect(error).toMatchObject({ code: 'invalid_request', param: 'prompt.version' });
    }
    expect(sent).toEqual([]);
  });
});

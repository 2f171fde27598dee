import { NotFoundError } from 'openai';
import { describe, expect, it } from 'vitest';
import { client, codeOf, post } from './pipeline.fixture.js';
import { answeringWith, document, surfaces } from './surfaces.fixture.js';

const answered = JSON.stringify({ id: 'resp_1', object: 'response', status: 'completed', output: [] });
const prompts = [
  document('Prompt', 'greeting', {
    variables: { name: { type: 'string', maxLength: 8 } },
    messages: [{ role: 'system', content: 'Greet {{name}}.' }],
  }),
  document('Prompt', 'hidden', { messages: [{ role: 'system', content: 'The secret.' }] }, { env: 'production' }),
  document('Role', 'hides', {
    statements: [{ id: 'hidden', effect: 'deny', actions: ['prompt:read'], resources: ['prompt:hidden'] }],
  }),
  document('RoleBinding', 'hides', { subjects: ['user:user_dev'], roles: ['hides'] }),
];
const open = async () => {
  const upstream = answeringWith(answered);
  return { edge: await surfaces(upstream.listener, prompts), sent: upstream.sent };
};
const greeting = { id: 'greeting', variables: { name: 'Ada' } };

describe('a stored prompt', () => {
  it('is put into the input for the stock client, and its name goes no further', async () => {
    const { edge, sent } = await open();
    const openai = client(edge, edge.keys.dev);
    await openai.responses.create({ model: 'openai/chat', prompt: greeting, input: 'Now.' });
    await openai.responses.create({ model: 'openai/chat', prompt: greeting });
    const greet = { role: 'system', content: 'Greet Ada.' };
    expect(sent.map(({ body }) => body)).toEqual([
      { model: 'up-chat', input: [greet, { role: 'user', content: 'Now.' }] },
      { model: 'up-chat', input: [greet] },
    ]);
    expect(edge.spool.records[0]).toMatchObject({ outcome: 'allow', applied_rules: ['Prompt/greeting'] });
  });

  it('cannot be told from one that there is not by who may not read it, nor reaches an upstream', async () => {
    const { edge, sent } = await open();
    const errors = ['hidden', 'nothing'].map((id) =>
      client(edge, edge.keys.dev)
        .responses.create({ model: 'openai/chat', prompt: { id } })
        .then(
          () => undefined,
          (error: unknown) => error,
        ),
    );
    const [hidden, nothing] = await Promise.all(errors);
    expect(hidden).toBeInstanceOf(NotFoundError);
    expect(nothing).toHaveProperty('error', (hidden as NotFoundError).error);
    expect(sent).toEqual([]);
    expect(edge.spool.records.map((record) => record.outcome)).toEqual(['deny', 'deny']);
  });

  it('is not read by way of a model that may not be called', async () => {
    const { edge } = await open();
    const answer = post(edge, { model: 'openai/secret', prompt: greeting }, {}, '/v1/responses');
    expect(await codeOf(await answer)).toBe('403 model_not_allowed');
  });

  it.each([
    ['a value that is missing', { id: 'greeting' }, 'prompt.variables.name'],
    ['a value that is too long', { id: 'greeting', variables: { name: 'x'.repeat(9) } }, 'prompt.variables.name'],
    [
      'a value of a variable that there is not',
      { ...greeting, variables: { name: 'A', x: '1' } },
      'prompt.variables.x',
    ],
    ['another form', { name: 'greeting' }, 'prompt'],
    ['a text', 'greeting', 'prompt'],
    ['a path for a name', { id: '../greeting' }, 'prompt'],
  ])('with %s is 400 and names it', async (_what, prompt, param) => {
    const { edge, sent } = await open();
    const answer = await post(edge, { model: 'openai/chat', prompt }, {}, '/v1/responses');
    expect([answer.status, await answer.json()]).toMatchObject([400, { error: { code: 'invalid_request', param } }]);
    expect(sent).toEqual([]);
  });

  it('is a text like any other where a surface has no stored prompts', async () => {
    const { edge, sent } = await open();
    await (await post(edge, { model: 'openai/completion', prompt: 'greeting' }, {}, '/v1/completions')).text();
    expect(sent[0]?.body).toMatchObject({ prompt: 'greeting' });
  });
});

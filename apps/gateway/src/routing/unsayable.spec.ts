import { expect, it } from 'vitest';
import { chat, codeOf, post } from '../pipeline/pipeline.fixture.js';
import { answeringWith, document, surfaces } from '../pipeline/surfaces.fixture.js';

const reply = JSON.stringify({ model: 'm', choices: [{ message: { role: 'assistant', content: 'hello' } }] });
/** Anthropic's messages have no word for a seed. */
const asked = { ...chat, model: 'assistant', seed: 7 };

/** A route through these models, `openai/chat` failing or not. */
async function routed(names: readonly string[], { isFailing = false, leadsOn = true } = {}) {
  const well = answeringWith(reply);
  const paths: string[] = [];
  const targets = names.map((model) => ({ model, ...(leadsOn && { fallbackOn: ['5xx'] }) }));
  const model = (name: string) =>
    document('Model', name, { upstreamModel: 'up-other', types: ['chat'] }, { env: 'development' });
  const edge = await surfaces(
    (request, response) => {
      paths.push(request.url ?? '');
      if (isFailing && paths.length === 1) return void request.resume().on('end', () => response.writeHead(503).end());
      return well.listener(request, response);
    },
    [
      model('openai/other'),
      model('anthropic/other'),
      document('Route', 'several', { model: 'assistant', strategy: 'priority', targets }),
    ],
  );
  return { edge, paths };
}

it('a fallback that cannot say what was asked is passed over, on record, and is no upstream call', async () => {
  const { edge, paths } = await routed(['openai/chat', 'anthropic/claude', 'openai/other'], { isFailing: true });
  const answer = await post(edge, asked);
  expect([answer.status, answer.headers.get('gatehouse-resolved-model')]).toEqual([200, 'openai/other']);
  expect(answer.headers.get('gatehouse-attempts')).toBe('2');
  expect(paths).toEqual(['/v1/chat/completions', '/v1/chat/completions']);
  expect(edge.spool.records).toMatchObject([
    { type: 'access.decided', outcome: 'allow', resource: 'openai/chat' },
    { type: 'call.completed', outcome: 'failed' },
    {
      type: 'access.decided',
      outcome: 'deny',
      code: 'invalid_request',
      resource: 'anthropic/claude',
      http_status: 400,
    },
    { type: 'access.decided', outcome: 'allow', resource: 'openai/other', reason: 'fallback' },
    { type: 'call.completed', outcome: 'completed' },
  ]);
  const ids = edge.spool.records.map(({ decision_id: id }) => id);
  expect(new Set(ids).size).toBe(3);
  expect(answer.headers.get('gatehouse-decision-id')).toBe(ids.at(-1));
});

it('so is a first target, also one whose provider does not offer the operation', async () => {
  const { edge, paths } = await routed(['anthropic/claude', 'openai/chat']);
  const answer = await post(edge, asked);
  expect([answer.status, answer.headers.get('gatehouse-attempts')]).toEqual([200, '1']);
  expect((await post(edge, { model: 'assistant', input: 'hi' }, {}, '/v1/responses')).status).toBe(200);
  expect(paths).toEqual(['/v1/chat/completions', '/v1/responses']);
});

it('is not looked at again where it is listed twice', async () => {
  const { edge } = await routed(['anthropic/claude', 'anthropic/claude', 'openai/chat']);
  expect((await post(edge, asked)).status).toBe(200);
  expect(edge.spool.records.filter(({ type }) => type === 'access.decided')).toHaveLength(2);
});

it('passing over takes none of the attempts that a request has', async () => {
  const names = [...Array.from({ length: 6 }, (_, n) => `anthropic/${['claude', 'other'][n % 2]}`), 'openai/chat'];
  const { edge } = await routed(names);
  expect((await post(edge, asked)).status).toBe(200);
});

it.each([
  ['the last of the route', ['openai/chat', 'anthropic/claude'], { isFailing: true }, 1],
  ['one of those that all cannot', ['anthropic/claude', 'anthropic/other'], {}, 0],
  ['one that leads nowhere', ['anthropic/claude', 'openai/chat'], { leadsOn: false }, 0],
])('is the answer where it is %s', async (_, names, options, calls) => {
  const { edge, paths } = await routed(names, options);
  const answer = await post(edge, asked);
  expect(await answer.clone().json()).toMatchObject({ error: { param: 'seed' } });
  expect(await codeOf(answer)).toBe('400 invalid_request');
  expect(paths).toHaveLength(calls);
  const denied = { type: 'access.decided', outcome: 'deny', code: 'invalid_request' };
  expect(edge.spool.records.at(-1)).toMatchObject(denied);
  expect(answer.headers.get('gatehouse-decision-id')).toBe(edge.spool.records.at(-1)?.decision_id);
});

it('a request that is wrong in itself is wrong at every target', async () => {
  const { edge, paths } = await routed(['anthropic/claude', 'openai/chat']);
  const broken = JSON.stringify({ ...asked, user: 'x'.repeat(400) }).replace('xxx"', 'xx\\q"');
  expect(await codeOf(await post(edge, broken))).toBe('400 invalid_json');
  expect(paths).toEqual([]);
});

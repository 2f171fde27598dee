import { topics } from '#libs/contracts';
import { waitFor } from '#libs/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { binding, Policy } from './policy.fixture.js';

const policy = new Policy();
const personal = ['con@acme.example', 'recovering from surgery', 'asked by the board', 'regretted at once'];

beforeAll(async () => {
  await policy.open();
  const why = { reason: 'recovering from surgery' };
  const yaml = binding('stand-in', 'user:con@acme.example', ['viewer'], 'acme', why);
  await policy.apply('ada', yaml, `?reason=${encodeURIComponent('asked by the board')}`);
  await policy.ask('ada', 'POST /v1/revisions/1/rollback', { reason: 'regretted at once' });
});
afterAll(() => policy.close());

it('holds no address and no free text of anybody in clear: not in events, not in lists, not on a topic', async () => {
  await waitFor(() => policy.topicText(topics.policyState.name).includes('stand-in'));
  const tables = ['events', 'outbox', 'document_history_v1', 'revision_list_v1'];
  const stored = await Promise.all(
    tables.map(async (name) => JSON.stringify(await policy.rows(`select * from ${name}`))),
  );
  const onTopics = [topics.policyEvents, topics.policyState].map(({ name }) => policy.topicText(name));
  const text = [...stored, ...onTopics, JSON.stringify(policy.records)].join();
  expect(text).toContain('stand-in');
  for (const secret of personal) expect(text).not.toContain(secret);
});

it('shows it to whoever may read it, as long as its author’s key is there', async () => {
  const { body } = await policy.ask('ada', 'GET /v1/revisions/2');
  expect(body.reason).toBe('asked by the board');
  const { text } = await policy.ask('ada', 'GET /v1/revisions/2/documents');
  expect(text).toContain('recovering from surgery');
});

import { afterAll, beforeAll, expect, it } from 'vitest';
import { listening } from '../listening.fixture.js';

let provider: Awaited<ReturnType<typeof listening>>;
const post = (message: object) => provider.call('POST', '/mcp', { jsonrpc: '2.0', ...message });

beforeAll(async () => {
  provider = await listening();
});
afterAll(() => provider.close());

it('lists its two tools', async () => {
  const answer = await (await post({ id: 1, method: 'tools/list' })).json();
  expect(answer).toMatchObject({ id: 1, result: { tools: [{ name: 'search' }, { name: 'delete_repo' }] } });
});

it('calls a tool and takes notifications in silence', async () => {
  const params = { name: 'delete_repo', arguments: { name: 'all' } };
  const answer = await (await post({ id: 2, method: 'tools/call', params })).json();
  expect(answer).toMatchObject({ result: { content: [{ text: 'deleted all' }] } });
  expect((await post({ method: 'notifications/initialized' })).status).toBe(202);
});

it('refuses what is no message', async () => {
  expect((await provider.call('POST', '/mcp', ['x'])).status).toBe(400);
  expect((await provider.call('GET', '/mcp')).status).toBe(405);
});

import { strict as assert } from 'node:assert';
import { isKnown, isServed } from '../stage.js';
import type { Step } from '../step.js';

type Team = { readonly id: string; readonly name: string };

export const newcomer: Step = {
  title: 'Somebody joins a team, and is served by what the team may do',
  async tell(stage) {
    const { url } = stage.local.identity;
    const user = await stage.acme.post<{ id: string }>(`${url}/v1/users`, { json: { email: 'nina@acme.example' } });
    const json = { name: 'laptop', owner: `user:${user.id}` };
    const { value } = await stage.acme.post<{ value: string }>(`${url}/v1/api-keys`, { json });
    const asked = { model: 'dev/llama-3' };
    const before = await stage.callUntil('the key to be known', isKnown, value, asked);
    assert.deepEqual([before.status, before.code], [403, 'model_not_allowed']);
    const { data } = await stage.acme.get<{ data: Team[] }>(`${url}/v1/teams`);
    const team = data.find(({ name }) => name === 'internal-tools');
    assert.ok(team, 'the team internal-tools is there');
    const joinedAtMs = performance.now();
    await stage.acme.post(`${url}/v1/teams/${team.id}/members`, { json: { member: `user:${user.id}` } });
    await stage.callUntil('the newcomer to be served', isServed, value, asked);
    const tookMs = Math.round(performance.now() - joinedAtMs);
    return `Nina was refused, joined the team internal-tools, and was served ${tookMs} ms later.`;
  },
};

import { strict as assert } from 'node:assert';
import { isKnown, isServed } from '../stage.js';
import type { Step } from '../step.js';

export const serviceCall: Step = {
  title: 'A service calls a model with its virtual account’s key, by the stock OpenAI SDK',
  async tell(stage) {
    const { identity } = stage.local;
    await stage.acme.post(`${identity.url}/v1/virtual-accounts`, { json: { name: 'nightly-report' } });
    const json = { name: 'nightly', owner: 'virtual-account:nightly-report', expires_in_seconds: 86_400 };
    const { value } = await stage.acme.post<{ value: string }>(`${identity.url}/v1/api-keys`, { json });
    const before = await stage.callUntil('the key to be known', isKnown, value);
    assert.deepEqual([before.status, before.code], [403, 'model_not_allowed']);
    await stage.apply('RoleBinding', 'nightly-report', {
      subjects: ['virtual-account:nightly-report'],
      roles: ['local-models'],
      reason: 'the nightly report',
    });
    const served = await stage.callUntil('the role to be in force', isServed, value);
    assert.match(served.text, /Sandbox\(llama-3\)/u);
    return `403 until a role was bound to it, then the model answered “${served.text.slice(0, 40)}”.`;
  },
};

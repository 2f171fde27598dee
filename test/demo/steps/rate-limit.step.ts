import { strict as assert } from 'node:assert';
import { isServed } from '../stage.js';
import type { Step } from '../step.js';

const MODEL = 'openai-main/gpt-4';
const PER_HOUR = 3;
const PLENTY = 100_000;

export const rateLimit: Step = {
  title: 'One tenant is at its rate limit, while another is served',
  async tell(stage) {
    const [acme, globex] = [stage.keyOf('acme', 'manager'), stage.keyOf('globex', 'manager')];
    await allowPerHour(PER_HOUR);
    // Both gateways count together: once one of them has let the last call through, none of them lets another in.
    for (const [gateway] of stage.local.gateways.entries()) {
      const asked = { model: MODEL, gateway };
      const limited = await stage.callUntil('acme to be at its limit', ({ status }) => status === 429, acme, asked);
      assert.equal(limited.code, 'rate_limit_exceeded');
      assert.match(limited.headers.get('retry-after') ?? '', /^\d+$/u);
      assert.equal((await stage.call(globex, asked)).status, 200, 'globex is served');
    }
    await allowPerHour(PLENTY);
    await stage.callUntil('acme to be served again', isServed, acme, { model: MODEL });
    return `acme was answered 429 by both gateways after ${PER_HOUR} calls, globex 200; with a larger limit acme was served again.`;

    function allowPerHour(limit: number): Promise<object> {
      const rule = { id: 'gpt-4', when: { models: [MODEL] }, limit, unit: 'requests_per_hour', per: ['tenant'] };
      return stage.apply('Limits', 'demo-story', { rules: [rule] });
    }
  },
};

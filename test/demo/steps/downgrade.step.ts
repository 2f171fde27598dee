import { strict as assert } from 'node:assert';
import type { Step } from '../step.js';

export const downgrade: Step = {
  title: 'A developer without GPT-4 is downgraded to LLaMA, and told so',
  async tell(stage) {
    const key = stage.keyOf('acme', 'economy');
    const direct = await stage.call(key, { model: 'openai-main/gpt-4' });
    assert.deepEqual([direct.status, direct.code], [403, 'model_not_allowed']);
    const { status, text, headers } = await stage.call(key, { model: 'assistant' });
    assert.equal(status, 200);
    assert.match(text, /Sandbox\(llama-3\)/u);
    assert.equal(headers.get('gatehouse-resolved-model'), 'local/llama-3');
    const manager = await stage.call(stage.keyOf('acme', 'manager'), { model: 'assistant' });
    assert.equal(manager.headers.get('gatehouse-resolved-model'), 'openai-main/gpt-4');
    return 'GPT-4 by its own name is refused; the route “assistant” led to local/llama-3, and a manager to openai-main/gpt-4.';
  },
};

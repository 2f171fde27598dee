import { AdminClient } from '../../../deploy/local/src/seed/admin-client.js';
import type { Arm } from '../arm.js';
import { gatewayOn } from '../arms/of-stack.js';
import { chatBody } from '../load/chat-body.js';
import { closedLoop } from '../load/closed-loop.js';
import { quantile } from '../load/quantile.js';
import type { LocalJson } from '../local-stack.js';
import type { BenchSection } from '../section.js';

const REVOCATIONS_PER_ROUND = 20;
const WITHIN_MS = 10_000;
/** Under load: so many connections of another caller go on meanwhile. */
const LOAD_CONNECTIONS = 8;

/** How long after the answer to a revocation the gateway still lets the key in. */
export const section: BenchSection = {
  title: 'How long after the answer to a revocation its key is still let in',
  method:
    `${REVOCATIONS_PER_ROUND} keys a round are made, used and revoked, one after the other; each is called again and again until it is refused. ` +
    `The time runs from the revocation’s answer to the sending of the first call that is refused, 0 where no call is let in after the answer. Quiet rounds, and rounds with ${LOAD_CONNECTIONS} connections of another caller, in turn.`,
  async measure({ options, say, stack }) {
    const { local } = await stack();
    const on = gatewayOn(local);
    const quiet: number[] = [];
    const loaded: number[] = [];
    for (let round = 1; round <= options.rounds; round += 1) {
      say(`round ${round} of ${options.rounds}`);
      quiet.push(...(await revocations(local, on)));
      loaded.push(...(await underLoad(on, () => revocations(local, on))));
    }
    const row = (name: string, values: readonly number[]) =>
      `| ${name} | ${values.length} | ${quantile(values, 0.5).toFixed(0)} | ${quantile(values, 0.99).toFixed(0)} | ${Math.max(...values).toFixed(0)} |`;
    const markdown = [
      '| load | revocations | p50 ms | p99 ms | most ms |',
      '| --- | --- | --- | --- | --- |',
      row('quiet', quiet),
      row('loaded', loaded),
    ];
    return { markdown: markdown.join('\n'), figures: { options, quiet, loaded } };
  },
};

async function underLoad<Result>(on: Arm, work: () => Promise<Result>): Promise<Result> {
  const body = chatBody(on.model, 1_000);
  const over = new AbortController();
  const load = (async () => {
    while (!over.signal.aborted)
      await closedLoop({ ...on, pid: undefined }, { connections: LOAD_CONNECTIONS, durationMs: 250, body });
  })();
  try {
    return await work();
  } finally {
    over.abort();
    await load;
  }
}

async function revocations(local: LocalJson, on: Arm): Promise<number[]> {
  const admin = new AdminClient(local.tenants.acme.admin_key);
  const keys = `${local.identity.url}/v1/api-keys`;
  const asked = { json: { name: 'bench', owner: 'virtual-account:service' } };
  const times: number[] = [];
  for (let index = 0; index < REVOCATIONS_PER_ROUND; index += 1) {
    const key = await admin.post<{ id: string; value: string }>(keys, asked);
    await until(async () => (await status(on, key.value)) !== 401);
    await admin.post(`${keys}/${key.id}/revoke`, { json: { reason: 'a benchmark' } });
    const answeredMs = performance.now();
    let sentMs = answeredMs;
    await until(async () => {
      sentMs = performance.now();
      return (await status(on, key.value)) === 401;
    });
    times.push(sentMs - answeredMs);
  }
  return times;
}

async function status({ url, model }: Arm, key: string): Promise<number> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const answer = await fetch(`${url}/chat/completions`, { method: 'POST', headers, body: chatBody(model, 200) });
  await answer.text();
  return answer.status;
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + WITHIN_MS;
  while (!(await isSo())) if (performance.now() > deadline) throw new Error(`Not within ${WITHIN_MS} ms.`);
}

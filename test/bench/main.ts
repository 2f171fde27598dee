import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seedDemo } from '../../deploy/local/src/seed/demo.js';
import { freePortBase, freePorts } from '../../deploy/local/src/stack/ports.js';
import { startStack } from '../../deploy/local/src/stack/start-stack.js';
import type { Arm, Running } from './arm.js';
import { gatewayOff } from './arms/gateway-off.js';
import { nginx } from './arms/nginx.js';
import { undiciProxy } from './arms/undici-proxy.js';
import { benchConfig } from './bench.config.js';
import { chatBody } from './load/chat-body.js';
import { closedLoop, type Round } from './load/closed-loop.js';
import { markdown, summarise, type Measured } from './report.js';

const config = benchConfig(process.argv.slice(2));
const credential = 'sk-sandbox-bench';
const home = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
const running: Running[] = [];
const stack = await startStack({ home, portBase: await freePortBase(), seed: seedDemo, say: console.log });
try {
  const local = JSON.parse(readFileSync(join(home, 'local.json'), 'utf8')) as {
    gateway: { url: string };
    sandbox_provider: { url: string };
    tenants: { acme: { keys: Record<string, string> } };
    processes: Record<string, number>;
  };
  const provider = { origin: local.sandbox_provider.url, credential };
  const [proxyPort = 0, nginxPort = 0, offPort = 0] = await freePorts(3);
  running.push(
    await undiciProxy(proxyPort, provider),
    await nginx(nginxPort, provider),
    await gatewayOff(offPort, provider),
  );
  const on: Arm = {
    name: 'gateway on',
    url: `${local.gateway.url}/v1`,
    headers: { authorization: `Bearer ${local.tenants.acme.keys['manager']}` },
    model: 'openai-main/gpt-4',
    pid: local.processes['gateway'],
  };
  const headers = { authorization: `Bearer ${credential}` };
  const direct: Arm = { name: 'direct', url: `${provider.origin}/v1`, headers, model: 'gpt-4', pid: undefined };
  const results = await measure([direct, ...running.map(({ arm }) => arm), on]);
  const summaries = results.map(summarise);
  const text = markdown(summaries);
  console.log(`\n${text}`);
  if (config.out !== undefined) {
    writeFileSync(`${config.out}.md`, `${text}\n`);
    writeFileSync(`${config.out}.json`, `${JSON.stringify({ config, summaries }, undefined, 2)}\n`);
  }
} finally {
  for (const each of running) await each.stop();
  await stack.stop();
  rmSync(home, { recursive: true, force: true });
}

/** Rounds of all arms in turn, so that what else the machine does hits each of them alike. One round each is thrown away. */
async function measure(arms: readonly Arm[]): Promise<Measured[]> {
  const measured: Measured[] = [];
  for (const bytes of config.bytes) {
    const rounds = new Map<string, Round[]>(arms.map(({ name }) => [name, []]));
    for (let round = 0; round <= config.rounds; round += 1) {
      console.log(`${bytes} bytes, round ${round === 0 ? 'to warm up' : `${round} of ${config.rounds}`}`);
      for (const arm of arms) {
        const body = chatBody(arm.model, bytes);
        const durationMs = config.seconds * 1000;
        const result = await closedLoop(arm, { connections: config.connections, durationMs, body });
        if (round > 0) rounds.get(arm.name)?.push(result);
      }
    }
    measured.push(...arms.map(({ name }) => ({ arm: name, bytes, rounds: rounds.get(name) ?? [] })));
  }
  return measured;
}

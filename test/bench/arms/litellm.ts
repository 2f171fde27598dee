import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Running } from '../arm.js';
import { pipInstalled } from './installed.js';
import { spawned, stopped } from './spawned.js';

/** Pinned: among the later releases is a compromised one. */
const REQUIREMENT = 'litellm[proxy]==1.89.7';
const WORKERS = 2;
const READY_MS_MAX = 120_000;

/** LiteLLM's proxy with a master key and without a database. Its CPU is not counted: its workers are processes of their own. */
export async function litellm(port: number, provider: { origin: string; credential: string }): Promise<Running> {
  const command = join(pipInstalled(REQUIREMENT), 'litellm');
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-litellm-'));
  const file = join(folder, 'config.json');
  const key = `sk-${randomBytes(16).toString('hex')}`;
  writeFileSync(file, configuration(key, provider));
  const url = `http://127.0.0.1:${port}/v1`;
  const args = ['--config', file, '--host', '127.0.0.1', '--port', String(port), '--num_workers', String(WORKERS)];
  const child = await spawned(command, args, `${url}/models`, READY_MS_MAX);
  return {
    arm: {
      name: 'LiteLLM (master key, two workers)',
      url,
      headers: { authorization: `Bearer ${key}` },
      model: 'gpt-4',
      pid: undefined,
    },
    stop: async () => {
      await stopped(child);
      rmSync(folder, { recursive: true });
    },
  };
}

/** JSON is YAML, which it reads. */
function configuration(master_key: string, { origin, credential }: { origin: string; credential: string }): string {
  const litellm_params = { model: 'openai/gpt-4', api_base: `${origin}/v1`, api_key: credential };
  return JSON.stringify({
    model_list: [{ model_name: 'gpt-4', litellm_params }],
    general_settings: { master_key },
    litellm_settings: { telemetry: false },
  });
}

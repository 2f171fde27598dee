import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../../deploy/local/src/stack/ports.js';
import { npmInstalled } from '../arms/installed.js';
import { spawned, stopped } from '../arms/spawned.js';
import { processCpuMicros } from '../load/process-cpu.js';

/** The PDP as npm has it: one binary of 100 MB for this platform, so it is no dependency of everybody's. Apache-2.0. */
const PACKAGE = { name: '@cerbos/cerbos-linux-x64', version: '0.55.0' };
/** More rules than this take it longer to compile than one waits for. */
export const CERBOS_POLICIES_MAX = 1_000;
/** It compiles its rules before it answers. */
const READY_MS_MAX = 60_000;

export type PlainGrant = { readonly team: string; readonly model: string };

/** A Cerbos PDP with these grants, asked over HTTP; its CPU is that of its process. Undefined where npm has none to run. */
export async function cerbos(grants: readonly PlainGrant[]) {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  const binary = join(npmInstalled(PACKAGE), 'cerbos-linux-x64');
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-cerbos-'));
  const [port = 0, grpcPort = 0] = await freePorts(2);
  const policies = join(folder, 'policies');
  mkdirSync(policies);
  writeFileSync(join(policies, 'model.json'), JSON.stringify(policyOf(grants)));
  const file = join(folder, 'cerbos.json');
  writeFileSync(file, JSON.stringify(configurationOf(policies, port, grpcPort)));
  const origin = `http://127.0.0.1:${port}`;
  const args = ['server', '--log-level=error', '--config', file];
  const child = await spawned(binary, args, `${origin}/_cerbos/health`, READY_MS_MAX);
  return {
    cpuMicros: () => processCpuMicros(child.pid ?? 0),
    may: async ({ user, team, model }: PlainGrant & { readonly user: string }): Promise<boolean> => {
      const response = await fetch(`${origin}/api/check/resources`, {
        method: 'POST',
        body: JSON.stringify({
          requestId: 'bench',
          principal: { id: user, roles: [team] },
          resources: [{ actions: ['invoke'], resource: { kind: 'model', id: model } }],
        }),
      });
      const { results } = (await response.json()) as { results: { actions: { invoke: string } }[] };
      return results[0]?.actions.invoke === 'EFFECT_ALLOW';
    },
    stop: async () => {
      await stopped(child);
      rmSync(folder, { recursive: true });
    },
  };
}

/** One rule for each grant, found by its role; the model is its condition. */
function policyOf(grants: readonly PlainGrant[]) {
  const rules = grants.map(({ team, model }) => ({
    actions: ['invoke'],
    effect: 'EFFECT_ALLOW',
    roles: [team],
    condition: { match: { expr: `R.id == ${JSON.stringify(model)}` } },
  }));
  return { apiVersion: 'api.cerbos.dev/v1', resourcePolicy: { resource: 'model', version: 'default', rules } };
}

function configurationOf(directory: string, port: number, grpcPort: number) {
  const server = { httpListenAddr: `127.0.0.1:${port}`, grpcListenAddr: `127.0.0.1:${grpcPort}` };
  const storage = { driver: 'disk', disk: { directory, watchForChanges: false } };
  return { server, storage, telemetry: { disabled: true }, audit: { enabled: false } };
}

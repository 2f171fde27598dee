import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { seedDemo } from '../../deploy/local/src/seed/demo.js';
import { freePortBase } from '../../deploy/local/src/stack/ports.js';
import { startStack } from '../../deploy/local/src/stack/start-stack.js';

/** What of local.json the sections use. */
export type LocalJson = {
  readonly gateway: { readonly url: string };
  readonly identity: { readonly url: string };
  readonly policy: { readonly url: string };
  readonly audit: { readonly url: string };
  readonly sandbox_provider: { readonly url: string };
  readonly clickhouse: {
    readonly url: string;
    readonly database: string;
    readonly username: string;
    readonly password: string;
  };
  readonly operator: { readonly api_key: string };
  readonly tenants: Readonly<
    Record<'acme' | 'globex', { readonly admin_key: string; readonly keys: Readonly<Record<string, string>> }>
  >;
  /** Process ids by part. */
  readonly processes: Readonly<Record<string, number>>;
};
export type LocalStack = { readonly local: LocalJson; stop(): Promise<void> };

/**
 * Everything that `npm start` brings up, on ports that are free, in a folder of its own: a new one that is removed in the
 * end, or `keep`, with what an earlier run left in it.
 */
export async function startLocalStack(say: (line: string) => void, keep?: string): Promise<LocalStack> {
  const home = keep === undefined ? mkdtempSync(join(tmpdir(), 'gatehouse-bench-')) : resolve(keep);
  mkdirSync(home, { recursive: true });
  const stack = await startStack({ home, portBase: await freePortBase(), seed: seedDemo, say });
  return {
    local: JSON.parse(readFileSync(join(home, 'local.json'), 'utf8')) as LocalJson,
    stop: async () => {
      await stack.stop();
      if (keep === undefined) rmSync(home, { recursive: true, force: true });
    },
  };
}

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { nodeCommand } from '../parts/node-command.js';
import { serviceEnvironment } from '../parts/service-environment.js';
import { checkout } from './checkout.js';
import type { Plan } from './plan.js';

const run = promisify(execFile);

/**
 * Runs identity's bootstrap command and answers the operator's key. An operator that is there already was made by a
 * start that was interrupted before it could keep the key: the key is replaced.
 */
export async function bootstrapOperator({ secrets, stores }: Plan): Promise<string> {
  const around = { secrets, ...stores, clockOffsetSeconds: 0, extra: {} };
  const env = serviceEnvironment('identity', { replica: 'identity-bootstrap', port: 1, folder: '' }, around);
  const attempt = async (...args: string[]) => {
    const { file, args: all, env: given, cwd } = nodeCommand(checkout, 'apps/identity/src/bootstrap.js', env, args);
    const { stdout } = await run(file, all, { env: given, cwd });
    return (JSON.parse(stdout) as { api_key: string }).api_key;
  };
  return attempt().catch((error: unknown) => {
    if (String((error as { stderr?: unknown }).stderr).includes('operator/exists')) return attempt('--replace');
    throw error;
  });
}

import { join, resolve } from 'node:path';
import { inherited } from '../environment.config.js';
import type { Command } from '../process/part.js';

/** `node [flags] <checkout>/dist/<entry>` (or an absolute `entry`), with no more of the launcher's environment than a process needs to run. */
export function nodeCommand(
  checkout: string,
  entry: string,
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
  flags: readonly string[] = [],
): Command {
  return {
    file: process.execPath,
    args: [...flags, '--enable-source-maps', resolve(checkout, 'dist', entry), ...args],
    env: {
      ...inherited('PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR', 'SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS'),
      NODE_COMPILE_CACHE: join(checkout, 'node_modules/.cache/node'),
      ...env,
    },
    cwd: checkout,
  };
}

import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The one capability, kept through exec; the secure bit makes access(2) respect it as open(2) does. */
const PASSES_ANYWHERE = '--inh-caps +dac_override --ambient-caps +dac_override --securebits +no_setuid_fixup'.split(
  ' ',
);

/** How to start PostgreSQL: it refuses to run as root, so for root it runs as the system's `postgres` user. */
export type Account = {
  readonly uid?: number;
  readonly gid?: number;
  /** A command in front, where the user alone could not reach the files. */
  readonly wrapper?: readonly string[];
};

/**
 * The account for PostgreSQL. For root: the user `postgres`, made if there is none. `binaries` and `data` are folders it
 * must be able to reach; where a folder above them is closed to others, it keeps just the capability to pass.
 */
export async function postgresAccount(binaries: string, data: string): Promise<Account> {
  if (process.getuid?.() !== 0) return {};
  const { uid, gid } = await systemUser();
  // The folder that holds the data is ours, and its files are closed one by one: others may pass through it.
  const home = dirname(data);
  mkdirSync(home, { recursive: true });
  chmodSync(home, statSync(home).mode | 0o011);
  if ((await reaches(uid, gid, home)) && (await reaches(uid, gid, binaries))) return { uid, gid };
  const account = ['--reuid', String(uid), '--regid', String(gid), '--clear-groups'];
  const wrapper = ['setpriv', ...account, ...PASSES_ANYWHERE, '--'];
  const passes = await run('setpriv', [...wrapper.slice(1), 'test', '-x', home]).then(
    () => true,
    () => false,
  );
  if (passes) return { uid, gid, wrapper };
  throw new Error(
    `PostgreSQL runs as the user postgres, which cannot reach ${home}. ` +
      'Open the folders above it for passing (chmod o+x), or set GATEHOUSE_HOME to a folder such as /var/lib/gatehouse.',
  );
}

async function reaches(uid: number, gid: number, folder: string): Promise<boolean> {
  return run('/bin/ls', ['-d', `${folder}/.`], { uid, gid, cwd: '/' }).then(
    () => true,
    () => false,
  );
}

async function systemUser(): Promise<{ uid: number; gid: number }> {
  const id = async (flag: string) => Number((await run('id', [flag, 'postgres'])).stdout);
  try {
    return { uid: await id('-u'), gid: await id('-g') };
  } catch {
    await run('useradd', ['--system', '--user-group', '--no-create-home', 'postgres']);
    return { uid: await id('-u'), gid: await id('-g') };
  }
}

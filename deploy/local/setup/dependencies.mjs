import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout, run, say } from './run.mjs';

const lockFile = join(checkout, 'package-lock.json');
const stamp = join(checkout, 'node_modules/.gatehouse-lock');

/** Installs the packages of the lock file, unless exactly these are there: an install wipes the folder first. */
export async function ensureDependencies() {
  const wanted = createHash('sha256').update(readFileSync(lockFile)).digest('hex');
  if (readOr(stamp) === wanted) return;
  if (!isInstalledByHand()) {
    say('installing packages (npm ci), once for each lock file');
    // Inside `npm start`, npm says which npm it is; another one on the PATH may be older.
    const npm = process.env.npm_execpath;
    const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
    await (npm ? run(process.execPath, [npm, ...args], 'npm ci') : run('npm', args, 'npm ci'));
  }
  writeFileSync(stamp, wanted);
}

/** npm's own note of what it installed, compared with the lock file. */
function isInstalledByHand() {
  const note = readOr(join(checkout, 'node_modules/.package-lock.json'));
  if (note === undefined) return false;
  const installed = JSON.parse(note).packages;
  const locked = JSON.parse(readFileSync(lockFile, 'utf8')).packages;
  return Object.entries(locked).every(([path, { version, optional, link }]) => {
    if (path === '' || link) return true;
    const there = installed[path];
    // Optional ones may be for another system.
    return there ? there.version === version : Boolean(optional);
  });
}

function readOr(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

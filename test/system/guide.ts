import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemHome } from './system.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const GUIDE_WITHIN_MS = 120_000;
const OUTPUT_BYTES_MAX = 4 << 20;

export type Ran = { readonly code: number; readonly printed: string; readonly complaints: string };

/**
 * Runs every command of a guide, in the order of its text and in one shell, as a reader would who types it in a checkout
 * with the running system's `.gatehouse`. Shell is run, TypeScript is run by Node, and YAML whose first line is a comment
 * with a file's name becomes that file. The first command that fails ends it; an HTTP status of 400 and above is a failure.
 * @param from The heading that it begins at; before it may stand how to start the system, which runs already.
 */
export async function runGuide(path: string, from = '#'): Promise<Ran> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-guide-'));
  try {
    symlinkSync(systemHome, join(folder, '.gatehouse'));
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, '.curlrc'), 'fail-with-body\n');
    const guide = readFileSync(join(root, path), 'utf8');
    writeFileSync(join(folder, 'guide.sh'), scriptOf(guide.slice(guide.indexOf(from)), folder));
    return await run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function scriptOf(guide: string, folder: string): string {
  const blocks = Array.from(guide.matchAll(/^```(sh|ts|yaml)\n(.*?)^```$/gms), ([, language, text = '']) => {
    if (language === 'sh') return text;
    const name = language === 'ts' ? `call-${text.length}.mts` : /^# (\S+\.yaml)$/m.exec(text)?.[1];
    if (name === undefined) return '';
    writeFileSync(join(folder, name), text);
    return language === 'ts' ? `node ${name}\n` : '';
  });
  return ['set -euo pipefail', 'shopt -s inherit_errexit', ...blocks].join('\n');
}

function run(folder: string): Promise<Ran> {
  // Nothing of this process but its Node: what a guide needs, it says.
  const PATH = [dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter);
  const options = { cwd: folder, timeout: GUIDE_WITHIN_MS, maxBuffer: OUTPUT_BYTES_MAX, env: { PATH, HOME: folder } };
  return new Promise((resolve) => {
    execFile('bash', ['-v', 'guide.sh'], options, (error, printed, complaints) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, printed, complaints }),
    );
  });
}

import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkout, run, say, SetupFailed } from './run.mjs';

const FOLDERS = ['apps', 'libs', 'deploy', 'test/bench', 'test/demo'];
const SETTINGS = ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json'];
/** What the code reads at run time beside its own modules. */
const ASSETS = /\.(sql|yaml|yml|json|html|txt)$/;
const SOURCES = /(?<!\.spec)\.ts$/;
const LEFT_OUT = new Set(['node_modules', 'dist', 'jars', '.gatehouse']);
const stamp = join(checkout, 'dist/.sources');

/** Compiles into `dist`, unless the sources are those of the last build. */
export async function ensureBuild() {
  const sources = FOLDERS.flatMap((folder) => [...walk(join(checkout, folder))]);
  const inputs = [...SETTINGS.map((name) => describe(join(checkout, name))), ...sources];
  const state = inputs.map(({ path, size, mtimeMs }) => `${path} ${size} ${mtimeMs}`).join('\n');
  const before = existsSync(stamp) ? readFileSync(stamp, 'utf8') : '';
  if (before === state) return;
  say('compiling');
  // What a removed source had compiled to must not be found any more, by a glob over migrations for instance.
  const paths = new Set(inputs.map(({ path }) => path));
  const isShorter = before.split('\n').some((line) => line !== '' && !paths.has(line.split(' ')[0]));
  if (isShorter) rmSync(join(checkout, 'dist'), { recursive: true, force: true });
  rmSync(stamp, { force: true });
  // Types are checked with those of the specs, once, where the checks are.
  await run('tsc', ['-p', 'tsconfig.build.json', '--noCheck'], 'Compiling');
  for (const { path } of sources.filter(({ path }) => ASSETS.test(path))) {
    mkdirSync(dirname(join(checkout, 'dist', path)), { recursive: true });
    cpSync(join(checkout, path), join(checkout, 'dist', path));
  }
  writeFileSync(stamp, state);
}

function* walk(folder) {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (LEFT_OUT.has(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* walk(path);
    else if (SOURCES.test(entry.name) || ASSETS.test(entry.name)) yield describe(path);
  }
}

function describe(path) {
  const { size, mtimeMs } = statSync(path);
  return { path: relative(checkout, path), size, mtimeMs };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    await ensureBuild();
  } catch (error) {
    if (!(error instanceof SetupFailed)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}

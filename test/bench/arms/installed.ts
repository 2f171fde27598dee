import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What only comparisons run; kept between runs, apart from the project's own packages. */
type NpmInstalled = {
  readonly name: string;
  readonly version: string;
  /** Versions of what it needs itself, where its own ranges lead to some that do not work. */
  readonly overrides?: Readonly<Record<string, string>>;
};

/** The folder of a package from npm, whose install scripts never run. */
export function npmInstalled({ name, version, overrides = {} }: NpmInstalled): string {
  const prefix = join(tmpdir(), `gatehouse-bench-${name.replaceAll(/[^a-z0-9]+/g, '-')}-${version}`);
  const folder = join(prefix, 'node_modules', name);
  if (existsSync(folder)) return folder;
  console.log(`${name} is missing: installing it by npm`);
  mkdirSync(prefix, { recursive: true });
  writeFileSync(join(prefix, 'package.json'), JSON.stringify({ private: true, overrides }));
  const how = ['--prefix', prefix, '--ignore-scripts', '--no-audit', '--no-fund'];
  execFileSync('npm', ['install', ...how, `${name}@${version}`], { stdio: ['ignore', 'ignore', 'inherit'] });
  return folder;
}

/** The folder of commands of a package from PyPI, in an environment of its own. */
export function pipInstalled(requirement: string): string {
  const prefix = join(tmpdir(), `gatehouse-bench-${requirement.replaceAll(/[^a-z0-9.]+/g, '-')}`);
  const commands = join(prefix, 'bin');
  // Written last, so that an environment which was left half made is made again.
  const done = join(prefix, 'installed');
  if (existsSync(done)) return commands;
  console.log(`${requirement} is missing: installing it by pip, which takes a minute`);
  execFileSync('python3', ['-m', 'venv', prefix], { stdio: ['ignore', 'ignore', 'inherit'] });
  const install = ['install', '--quiet', '--disable-pip-version-check', requirement];
  execFileSync(join(commands, 'pip'), install, { stdio: ['ignore', 'ignore', 'inherit'] });
  writeFileSync(done, '');
  return commands;
}

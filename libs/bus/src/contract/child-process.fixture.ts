import { fork, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';

const LIBS = resolve(import.meta.dirname, '../../..');
const MODULES = resolve(LIBS, '../node_modules');

/** This library in a process of its own, which can be stopped and continued by signals, and what it has said so far. */
export type BusChild = {
  readonly process: ChildProcess;
  readonly said: Record<string, unknown>[];
  end(): Promise<void>;
};

/** Runs `script` (an ES module; `./bus/index.js` is this library) in a child; what it `process.send`s is collected. */
export async function busChild(script: string, env: Record<string, string>): Promise<BusChild> {
  const home = await mkdtemp(join(tmpdir(), 'gatehouse-bus-'));
  await writeFile(join(home, 'package.json'), '{"type": "module", "imports": {"#libs/*": "./*/index.js"}}');
  await symlink(MODULES, join(home, 'node_modules'));
  for (const lib of ['bus', 'kafka']) await compileInto(join(home, lib), resolve(LIBS, lib, 'src'));
  await writeFile(join(home, 'main.js'), script);
  const child = fork(join(home, 'main.js'), { env: { PATH: '', ...env }, execArgv: [], silent: false });
  const said: Record<string, unknown>[] = [];
  child.on('message', (message) => said.push(message as Record<string, unknown>));
  const gone = new Promise<void>((done) => {
    child.once('exit', () => done());
  });
  const end = async () => {
    child.kill('SIGKILL');
    await gone;
    await rm(home, { recursive: true, force: true });
  };
  return { process: child, said, end };
}

async function compileInto(target: string, source: string): Promise<void> {
  const names = await readdir(source, { recursive: true });
  const sources = names.filter((name) => name.endsWith('.ts') && !/\.(spec|contract|fixture)\.ts$/.test(name));
  const compilerOptions = {
    module: ModuleKind.ESNext,
    target: ScriptTarget.ES2024,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    verbatimModuleSyntax: true,
  };
  await Promise.all(
    sources.map(async (name) => {
      const from = join(source, name);
      const to = join(target, relative(source, from)).replace(/\.ts$/, '.js');
      await mkdir(dirname(to), { recursive: true });
      const { outputText } = transpileModule(await readFile(from, 'utf8'), { compilerOptions });
      await writeFile(to, outputText);
    }),
  );
}

import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';

const checkout = resolve(import.meta.dirname, '../../..');
const run = promisify(execFile);
const emptyModule = `import { Module } from '@nestjs/common';\n\n@Module({ imports: [] })\nexport class AppModule {}\n`;
let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'gatehouse-generator-'));
  for (const name of ['nest-cli.json', 'package.json', 'tsconfig.json', 'tsconfig.build.json']) {
    await cp(join(checkout, name), join(root, name));
  }
  await symlink(join(checkout, 'node_modules'), join(root, 'node_modules'));
});

afterAll(() => rm(root, { recursive: true, force: true }));

it.each(['identity', 'policy', 'gateway', 'audit'])(
  'the Nest CLI generates into apps/%s/src, with imports that run as ES modules',
  async (project) => {
    const source = join(root, 'apps', project, 'src');
    await mkdir(source, { recursive: true });
    await writeFile(join(source, 'app.module.ts'), emptyModule);
    const nest = join(checkout, 'node_modules/.bin/nest');
    await run(process.execPath, [nest, 'generate', 'controller', 'things', '--project', project], { cwd: root });
    expect(await readFile(join(source, 'things/things.controller.ts'), 'utf8')).toContain('class ThingsController');
    expect(await readFile(join(source, 'app.module.ts'), 'utf8')).toContain(`from './things/things.controller.js'`);
  },
  120_000,
);

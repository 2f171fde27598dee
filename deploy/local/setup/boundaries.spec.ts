import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

const checkout = resolve(import.meta.dirname, '../../..');
const CONFIG = '.dependency-cruiser.cjs';

/** For each rule, a file that breaks it. Files that break nothing are there to be imported. */
const offences: Record<string, [file: string, source: string]> = {
  'no-cycles': ['apps/audit/src/a.ts', `import './b.js';`],
  'everything-resolves': ['apps/audit/src/lost.ts', `import './gone.js';`],
  'pure-libs-stay-pure': ['libs/contracts/src/disk.ts', `import 'node:fs';`],
  'policy-language-stays-pure': ['libs/policy-language/src/nest.ts', `import '@nestjs/common';`],
  'deciders-and-projections-stay-pure': ['apps/audit/src/x.decider.ts', `import './impure.js';`],
  'only-the-index-of-a-lib-from-apps': ['apps/audit/src/deep.ts', `import '../../../libs/bus/src/inner.js';`],
  'only-the-index-of-another-lib': ['libs/http/src/deep.ts', `import '../../bus/src/inner.js';`],
  'libs-by-their-name': ['apps/audit/src/relative.ts', `import '../../../libs/bus/src/index.js';`],
  'testing-only-from-specs': ['apps/audit/src/tested.ts', `import '#libs/testing';`],
  'apps-are-islands': ['apps/policy/src/island.ts', `import '../../audit/src/b.js';`],
  'nothing-below-imports-an-app': ['deploy/local/src/app.ts', `import '../../../apps/audit/src/b.js';`],
  'libs-and-apps-know-no-deployment': ['apps/audit/src/deployed.ts', `import '../../../deploy/local/src/app.js';`],
  'deploy-knows-no-tests': ['deploy/local/src/tests.ts', `import '../../../test/drive.js';`],
  'gateway-without-stores': ['apps/gateway/src/far.ts', `import '#libs/bus';`],
  'production-without-dev-dependencies': ['apps/audit/src/dev.ts', `import 'fast-check';`],
};
const bystanders: Record<string, string> = {
  'apps/audit/src/b.ts': `import './a.js';`,
  'libs/bus/src/index.ts': `import './inner.js';`,
  'libs/bus/src/inner.ts': `import '#libs/event-store';`,
  'libs/event-store/src/index.ts': `export const store = 1;`,
  'libs/testing/src/index.ts': `export const tools = 1;`,
  'libs/contracts/src/index.ts': `import '#libs/decider'; import 'zod';`,
  'libs/decider/src/index.ts': `export const decider = 1;`,
  'libs/policy-language/src/index.ts': `import 'yaml'; import 'zod'; import '#libs/contracts';`,
  'apps/audit/src/impure.ts': `import 'node:crypto';`,
  'apps/audit/src/good.decider.ts': `import '#libs/contracts'; import './lifecycle.js';`,
  'apps/audit/src/lifecycle.ts': `import 'zod';`,
  'apps/audit/src/good.spec.ts': `import '#libs/testing'; import 'fast-check';`,
  'test/drive.ts': `import '#libs/testing'; import '../deploy/local/src/parts.js';`,
  'deploy/local/src/parts.ts': `export const parts = 1;`,
};

let violations: { rule: string; from: string }[];
let root: string;

beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'gatehouse-boundaries-')));
  for (const name of [CONFIG, 'package.json', 'tsconfig.json']) await cp(join(checkout, name), join(root, name));
  await symlink(join(checkout, 'node_modules'), join(root, 'node_modules'));
  for (const [file, source] of [...Object.values(offences), ...Object.entries(bystanders)]) {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), source);
  }
  violations = await cruise(root);
}, 60_000);

afterAll(() => rm(root, { recursive: true, force: true }));

it.each(Object.keys(offences))('an import that breaks %s is found', (rule) => {
  expect(violations.filter((found) => found.rule === rule).map(({ from }) => from)).toContain(offences[rule]?.[0]);
});

it('finds nothing in files that keep the rules', () => {
  const guilty = new Set([...Object.values(offences).map(([file]) => file), 'apps/audit/src/b.ts']);
  expect(violations.filter(({ from }) => !guilty.has(from))).toEqual([]);
});

it('has an offence for each rule, so that no rule can go blind unnoticed', async () => {
  const { default: config } = (await import(join(checkout, CONFIG))) as { default: { forbidden: { name: string }[] } };
  expect(config.forbidden.map(({ name }) => name).toSorted()).toEqual(Object.keys(offences).toSorted());
});

function cruise(cwd: string): Promise<typeof violations> {
  const depcruise = join(checkout, 'node_modules/.bin/depcruise');
  const folders = ['apps', 'libs', 'deploy', 'test'];
  return new Promise((found, failed) => {
    execFile(
      process.execPath,
      [depcruise, ...folders, '--config', CONFIG, '--output-type', 'json'],
      { cwd, maxBuffer: 64 * 2 ** 20 },
      (error, stdout, stderr) => {
        if (!stdout) return failed(error ?? new Error(stderr));
        const report = JSON.parse(stdout) as { summary: { violations: { rule: { name: string }; from: string }[] } };
        found(report.summary.violations.map(({ rule, from }) => ({ rule: rule.name, from })));
      },
    );
  });
}

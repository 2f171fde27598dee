import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { nodeCommand } from './node-command.js';
import { nodeFlags } from './node-flags.js';

const checkout = fileURLToPath(new URL('../../../../', import.meta.url));

it('starts the gateway with options that this Node takes', () => {
  const flags = nodeFlags(checkout, 'gateway');
  expect(nodeCommand(checkout, 'x.js', {}, [], flags).args.slice(0, flags.length)).toEqual(flags);
  const script = 'console.log(process.execArgv.join(" "))';
  const { status, stdout } = spawnSync(process.execPath, [...flags, '-e', script], { encoding: 'utf8' });
  expect([status, flags.length]).toEqual([0, 2]);
  expect(stdout).toContain('--min-semi-space-size=32 --external-memory-accounted-in-global-limit');
});

it('starts a service that has no such file with none', () => expect(nodeFlags(checkout, 'identity')).toEqual([]));

it('is read by the image, too', () => {
  const dockerfile = readFileSync(`${checkout}deploy/docker/Dockerfile`, 'utf8');
  expect(dockerfile).toContain('COPY --from=build /gatehouse/apps/gateway/node.flags apps/gateway/node.flags');
  const [, command = ''] = /^CMD \["sh", "-c", "(.*)"\]$/mu.exec(dockerfile) ?? [];
  const run = (app: string) =>
    spawnSync('sh', ['-c', `node() { echo "$@"; }; ${command.replaceAll('\\"', '"').replace('exec ', '')}`], {
      cwd: checkout,
      env: { PATH: '/usr/bin:/bin', GATEHOUSE_APP: app },
      encoding: 'utf8',
    }).stdout.trim();
  expect(run('gateway')).toBe([...nodeFlags(checkout, 'gateway'), 'dist/apps/gateway/src/main.js'].join(' '));
  expect(run('identity')).toBe('dist/apps/identity/src/main.js');
});

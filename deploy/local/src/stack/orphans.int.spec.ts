import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { waitFor } from '#libs/testing';
import { expect, it, onTestFinished } from 'vitest';
import { identify } from '../process/process-identity.js';
import { RunRecords } from '../process/run-records.js';
import { checkout } from './checkout.js';
import { fakeStack } from './fake-stack.fixture.js';
import { startStack } from './start-stack.js';
import type { StackOptions } from './stack-options.js';

it('leaves no process behind when the launcher is killed with -9', async () => {
  const { launcher, pids } = await launch(await fakeStack());
  launcher.kill('SIGKILL');
  await waitFor(() => pids.every((pid) => !identify(pid)), { timeoutMs: 60_000, what: 'every part to end' });
});

it('ends at the next start what a killed launcher and a killed warden have left, and starts on their ports', async () => {
  const options = await fakeStack();
  const { launcher, pids } = await launch(options);
  const warden = new RunRecords(join(options.home, 'run')).all().find(({ part }) => part === 'warden');
  process.kill(warden?.pid ?? 0, 'SIGKILL');
  launcher.kill('SIGKILL');
  await once(launcher, 'exit');
  expect(pids.every((pid) => identify(pid))).toBe(true);
  const heard: string[] = [];
  await using stack = await startStack({ ...options, say: (line) => heard.push(line) });
  expect(pids.filter((pid) => identify(pid))).toEqual([]);
  expect(heard[0]).toMatch(/^ended what an earlier run had left: .*gateway/);
  expect(stack.part('gateway').pid).toBeDefined();
});

it('stops everything in order when the launcher is asked to end', async () => {
  const { launcher, pids } = await launch(await fakeStack());
  launcher.kill('SIGTERM');
  const [code] = (await once(launcher, 'exit')) as [number];
  expect(code).toBe(0);
  expect(pids.filter((pid) => identify(pid))).toEqual([]);
});

async function launch(options: StackOptions): Promise<{ launcher: ChildProcess; pids: number[] }> {
  const script = join(checkout, 'dist/deploy/local/src/stack/launcher.fixture.js');
  const launcher = spawn(process.execPath, [script, JSON.stringify(options)], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void launcher.kill('SIGKILL'));
  const ended = once(launcher, 'exit').then(() => Promise.reject(new Error('The launcher ended before it was ready.')));
  const [line] = (await Promise.race([once(launcher.stdout, 'data'), ended])) as [Buffer];
  ended.catch(() => undefined);
  const pids = Object.values(JSON.parse(line.toString()) as Record<string, number>);
  expect(pids).toHaveLength(5);
  return { launcher, pids };
}

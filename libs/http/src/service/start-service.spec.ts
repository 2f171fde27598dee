import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { waitFor } from '#libs/testing';
import { fromSourceArgv } from '#libs/spool';
import { afterEach, expect, it } from 'vitest';

const ENTRY = fileURLToPath(new URL('../spec/service-child.fixture.ts', import.meta.url));
const SLOW = { timeoutMs: 30_000 };
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

async function start(mode: 'local' | 'plain', stdio: StdioOptions, port = 0) {
  const child = spawn(process.execPath, [...fromSourceArgv(), ENTRY, String(port), mode], { stdio });
  children.push(child);
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const listening = () => /LISTENING (\S+)/.exec(output)?.[1];
  return { child, ended, listening, text: () => output, url: () => waitFor(listening, SLOW) };
}

it('answers what is in flight before it ends on SIGTERM, and closes its modules', async () => {
  const service = await start('plain', ['ignore', 'pipe', 'pipe']);
  const answer = fetch(`${await service.url()}/v1/slow`);
  await waitFor(() => service.text().includes('HANDLING'), SLOW);
  service.child.kill('SIGTERM');
  expect(await (await answer).json()).toEqual({ done: true });
  expect(await service.ended).toBe(0);
  expect(service.text()).toContain('CLOSED');
}, 60_000);

it('ends at once at the second signal', async () => {
  const service = await start('plain', ['ignore', 'pipe', 'pipe']);
  const answer = fetch(`${await service.url()}/v1/slow`).catch(() => 'cut');
  await waitFor(() => service.text().includes('HANDLING'), SLOW);
  service.child.kill('SIGINT');
  service.child.kill('SIGTERM');
  expect(await service.ended).toBe(1);
  await answer;
}, 60_000);

it.each([
  ['the IPC channel', ['ignore', 'pipe', 'pipe', 'ipc'] as StdioOptions, (child: ChildProcess) => child.disconnect()],
  ['standard input', ['pipe', 'pipe', 'pipe'] as StdioOptions, (child: ChildProcess) => child.stdin?.end()],
])(
  'ends in order in local mode when its parent’s end of %s is gone',
  async (_, stdio, part) => {
    const service = await start('local', stdio);
    await service.url();
    part(service.child);
    expect(await service.ended).toBe(0);
    expect(service.text()).toContain('CLOSED');
  },
  60_000,
);

it('fails with a clean end when its port is taken', async () => {
  const first = await start('plain', ['ignore', 'pipe', 'pipe']);
  const port = Number(new URL(await first.url()).port);
  const second = await start('plain', ['ignore', 'pipe', 'pipe'], port);
  expect(await second.ended).not.toBe(0);
  expect(second.text()).toContain('EADDRINUSE');
}, 60_000);

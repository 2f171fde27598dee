import { readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { waitFor } from '#libs/testing';
import { expect, it } from 'vitest';
import { identify } from '../process/process-identity.js';
import { fakeStack } from './fake-stack.fixture.js';
import type { LocalJson } from './local-json.js';
import { startStack } from './start-stack.js';
import type { StackOptions } from './stack-options.js';

const read = (...path: string[]) => readFileSync(join(...path), 'utf8');
const localJson = ({ home }: StackOptions) => JSON.parse(read(home, 'local.json')) as LocalJson;
const environmentOf = ({ home }: StackOptions, replica: string) =>
  JSON.parse(read(home, 'services', replica, 'environment.json')) as Record<string, string>;

it('brings a killed part back, and local.json names its new process', async () => {
  const options = await fakeStack();
  const heard: string[] = [];
  await using stack = await startStack({ ...options, say: (line) => heard.push(line) });
  const before = localJson(options).processes['audit'];
  expect(before).toBe(stack.part('audit').pid);
  stack.part('audit').kill();
  const after = await waitFor(() => {
    const now = localJson(options).processes['audit'];
    return now !== before && now;
  });
  await stack.part('audit').ready();
  expect(identify(after)).toBeDefined();
  expect(heard.join('\n')).toContain('audit ended (SIGKILL); starting it again in 0.25 s');
});

it('leaves a part stopped that was told to stop, until it is told to start', async () => {
  const options = await fakeStack();
  await using stack = await startStack(options);
  const policy = stack.part('policy');
  await policy.stop();
  expect(policy.pid).toBeUndefined();
  await expect(fetch(localJson(options).policy.url)).rejects.toThrow();
  await policy.start();
  expect((await fetch(localJson(options).policy.url)).status).toBe(200);
});

it('pauses a part, which then does not answer, and lets it go on', async () => {
  const options = await fakeStack();
  await using stack = await startStack(options);
  const { url } = localJson(options).gateway;
  stack.part('gateway').pause();
  await expect(fetch(url, { signal: AbortSignal.timeout(300) })).rejects.toThrow();
  stack.part('gateway').resume();
  expect((await fetch(url)).status).toBe(200);
});

it('stops a paused part as well, and leaves no process behind', async () => {
  const stack = await startStack(await fakeStack());
  const pids = Object.values(stack.pids());
  stack.part('identity').pause();
  await stack.stop();
  expect(pids.filter((pid) => identify(pid))).toEqual([]);
});

it('gives each service the keys and stores that it needs and no others', async () => {
  const options = await fakeStack();
  await using _stack = await startStack({ ...options, gateways: 2, clockOffsetSeconds: 60 });
  const gateway = environmentOf(options, 'gateway-2');
  expect(gateway).toMatchObject({ GATEHOUSE_REPLICA: 'gateway-2', GATEHOUSE_CLOCK_OFFSET_SECONDS: '60' });
  for (const absent of ['DATABASE_URL', 'CLICKHOUSE_URL', 'GATEHOUSE_SEAL_KEY', 'GATEHOUSE_OPERATOR_BOOTSTRAP']) {
    expect(gateway).not.toHaveProperty(absent);
  }
  expect(environmentOf(options, 'audit-1')).not.toHaveProperty('GATEHOUSE_MASTER_KEY');
  expect(environmentOf(options, 'identity-1')['DATABASE_URL']).toBe(options.databaseUrl);
  expect(localJson(options).gateways).toHaveLength(2);
  for (const file of ['secrets.json', 'local.json']) {
    expect(statSync(join(options.home, file)).mode & 0o777).toBe(0o600);
  }
});

it('names a taken port, who wanted it and the variable that moves the stack, and leaves nothing running', async () => {
  const options = await fakeStack();
  const policyPort = (options.portBase ?? 0) + 2;
  const other = createServer().listen(policyPort, '127.0.0.1');
  await waitFor(() => other.listening);
  await expect(startStack(options)).rejects.toThrow(
    new RegExp(`port ${policyPort}, wanted by policy\\. .*GATEHOUSE_PORT_BASE`),
  );
  other.close();
  await using stack = await startStack(options);
  expect(stack.part('policy').pid).toBeDefined();
});

it('says why a service does not start, with the end of its log, and stops the others', async () => {
  const options = await fakeStack();
  const refusing = { ...options, serviceEnv: { FAKE_REFUSES: 'audit-1' } };
  await expect(startStack(refusing)).rejects.toThrow(/audit ended \(exit 78\)[^]*GATEHOUSE_PEPPER is a sample value/);
  await expect(fetch(`http://127.0.0.1:${options.portBase}`)).rejects.toThrow();
});

it('refuses a second launcher in the same home while the first one lives', async () => {
  const options = await fakeStack();
  await using _stack = await startStack(options);
  await expect(startStack(options)).rejects.toThrow(`already runs in ${options.home} (process ${process.pid})`);
});

it('runs two stacks side by side, each with its own home and ports', async () => {
  const [first, second] = [await fakeStack(), await fakeStack()];
  await using _first = await startStack(first);
  await using _second = await startStack(second);
  for (const options of [first, second]) expect((await fetch(localJson(options).gateway.url)).status).toBe(200);
});

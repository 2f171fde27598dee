import { silentLogger } from '#libs/telemetry';
import { afterEach, expect, it } from 'vitest';
import { DraftThread } from './draft-thread.js';

const bounds = { jobMsMax: 60_000, waitingMax: 2, heapMbMax: 256 };
let thread: DraftThread;
afterEach(() => thread.close());

const role = (name: string) =>
  `apiVersion: gatehouse/v1\nkind: Role\nmetadata: {name: ${name}, tenant: acme}\nspec: {statements: []}\n`;
const job = (text: string) => ({ type: 'read', files: [{ name: 'a.yaml', text }] }) as const;
const huge = job('a: 1\n---\n'.repeat(100_000));

it('answers jobs in their order, one at a time', async () => {
  thread = new DraftThread('spec', bounds, silentLogger);
  const answers = await Promise.all([thread.run(job(role('a'))), thread.run(job('')), thread.run(job(role('b')))]);
  expect(answers.map(({ tenant }) => tenant)).toEqual(['acme', undefined, 'acme']);
});

it('refuses who finds the line full', async () => {
  thread = new DraftThread('spec', bounds, silentLogger);
  const taken = [1, 2, 3].map(() => thread.run(job(role('a'))));
  expect(() => thread.run(job(role('b')))).toThrow(expect.objectContaining({ code: 'policy/unavailable' }));
  await Promise.all(taken);
});

it('gives up a job that takes too long, and does the next one all the same', async () => {
  thread = new DraftThread('spec', { ...bounds, jobMsMax: 1 }, silentLogger);
  await expect(thread.run(huge)).rejects.toMatchObject({ code: 'policy/too-large' });
  await thread.close();
  thread = new DraftThread('spec', bounds, silentLogger);
  expect(await thread.run(job(role('a')))).toMatchObject({ tenant: 'acme' });
});

it('survives a job that takes more memory than there is', async () => {
  thread = new DraftThread('spec', { ...bounds, heapMbMax: 48 }, silentLogger);
  const wide = job(`a: [${'x, '.repeat(600_000)}]`);
  const [first, second] = await Promise.allSettled([thread.run(wide), thread.run(job(role('a')))]);
  expect(first).toMatchObject({ status: 'rejected', reason: { code: 'policy/too-large' } });
  expect(second).toMatchObject({ status: 'fulfilled', value: { tenant: 'acme' } });
});

it('tells those in line that it stops', async () => {
  thread = new DraftThread('spec', bounds, silentLogger);
  const waiting = [thread.run(huge), thread.run(job(role('a')))].map((each) => each.catch((error: unknown) => error));
  await thread.close();
  for (const each of await Promise.all(waiting)) expect(each).toMatchObject({ code: 'policy/unavailable' });
});

import { BusServer, MemoryBus, MemoryLog } from '#libs/bus';
import { expect, it } from 'vitest';
import { hybridContract } from './hybrid.contract.js';

const log = new MemoryLog();
hybridContract('MemoryBus', () => new MemoryBus(log));

it('refuses request-response patterns, which the bus does not carry', async () => {
  const server = new BusServer(new MemoryBus(), { service: 's', group: 'g' });
  server.addHandler('ask', async () => undefined);
  const failure = await new Promise((resolve) => void server.listen(resolve));
  expect(failure).toBeInstanceOf(TypeError);
});

it('reads nothing, and is no worse for it, when no method names a topic', async () => {
  const server = new BusServer(new MemoryBus(), { service: 's', group: 'g' });
  expect(await new Promise((resolve) => void server.listen(resolve))).toBeUndefined();
  expect(server.health()).toBeUndefined();
  await server.close();
});

import { createServer, request as send, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { listenForModels } from './model-listener.js';
import { chat, gateway } from './pipeline/pipeline.fixture.js';

/** The gateway of the fixture behind the listener; answers whether it invited the body, and what it answered. */
async function asking() {
  const edge = await gateway();
  const server = createServer();
  listenForModels(server, edge.pipeline, () => false);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const ask = async (key: string, length?: number) => {
    const body = JSON.stringify(chat);
    const headers = { authorization: `Bearer ${key}`, expect: '100-continue', 'content-length': length ?? body.length };
    const call = send({ port, host: '127.0.0.1', method: 'POST', path: '/v1/chat/completions', headers });
    let isInvited = false;
    call.on('continue', () => {
      isInvited = true;
      call.end(body);
    });
    call.flushHeaders();
    const answer = await new Promise<IncomingMessage>(
      (resolve, reject) => void call.on('response', resolve).on('error', reject),
    );
    answer.resume();
    call.destroy();
    return [answer.statusCode, isInvited];
  };
  return { keys: edge.keys, ask };
}

it('a body that is announced first is invited only from those whose call it can be', async () => {
  const { keys, ask } = await asking();
  expect(await ask(keys.dev)).toEqual([200, true]);
  expect(await ask(keys.revoked)).toEqual([401, false]);
  expect(await ask(keys.dev, 10_000_000)).toEqual([413, false]);
});

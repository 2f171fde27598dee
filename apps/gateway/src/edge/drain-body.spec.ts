import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { serving } from '../relay/relay.fixture.js';
import { drainBody } from './drain-body.js';

/** What a caller sees that sends `bytes` to a server which refuses it at once; `cut` where it could not send all. */
async function refused(bytes: number): Promise<string> {
  const { server } = await serving((incoming, response) => {
    response.writeHead(413).end('too large');
    drainBody(incoming);
  });
  const { port } = server.address() as AddressInfo;
  const { promise, resolve } = Promise.withResolvers<string>();
  let told = 'nothing';
  const headers = { 'transfer-encoding': 'chunked' };
  const client = request({ port, host: '127.0.0.1', method: 'POST', headers }, (answer) => {
    told = String(answer.statusCode);
    answer.resume();
  });
  client.on('error', () => resolve(`${told}, cut`));
  client.on('close', () => resolve(`${told}, sent`));
  const part = Buffer.alloc(1024 * 1024);
  for (let sent = 0; sent < bytes; sent += part.length) client.write(part);
  client.end();
  return promise;
}

it('lets a caller send what it began, so that it sees its refusal', async () => {
  expect(await refused(8 * 1024 * 1024)).toBe('413, sent');
});

it('cuts a caller that goes on beyond the bound', async () => {
  expect(await refused(128 * 1024 * 1024)).toMatch(/cut$/u);
});

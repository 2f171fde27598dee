import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { readBody, type BodyFault } from './read-body.js';

let server: Server;
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** What the reader made of a request that `send` wrote. */
async function reading(bytesMax: number, send: (port: number) => void): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  server = createServer((incoming, response) => {
    const answer = async () => {
      const body: BodyFault | { bytes: Buffer } = await readBody(incoming, bytesMax);
      response.end();
      resolve(typeof body === 'string' ? body : body.bytes.toString());
    };
    void answer();
  });
  server.listen(0, '127.0.0.1', () => send((server.address() as AddressInfo).port));
  return promise;
}
const post = (headers: Record<string, string | number>, parts: readonly string[]) => (port: number) => {
  const client = request({ port, host: '127.0.0.1', method: 'POST', headers });
  client.on('error', () => undefined);
  for (const part of parts) client.write(part);
  client.end();
};

it('reads announced and chunked bodies alike', async () => {
  expect(await reading(10, post({ 'content-length': 6 }, ['abc', 'def']))).toBe('abcdef');
  server.close();
  expect(await reading(10, post({ 'transfer-encoding': 'chunked' }, ['abc', 'def']))).toBe('abcdef');
});

it('refuses a body above the bound by its announcement alone', async () => {
  expect(await reading(5, post({ 'content-length': 6 }, ['a']))).toBe('too_large');
});

it('refuses a chunked body once it is above the bound', async () => {
  expect(await reading(5, post({ 'transfer-encoding': 'chunked' }, ['abc', 'def']))).toBe('too_large');
});

it('refuses a compressed body, whose size after unpacking nobody knows', async () => {
  expect(await reading(5, post({ 'content-encoding': 'gzip', 'content-length': 1 }, ['a']))).toBe('encoded');
});

it('notices a caller that leaves in the middle', async () => {
  const leave = (port: number) => {
    const client = request({ port, host: '127.0.0.1', method: 'POST', headers: { 'content-length': 10 } });
    client.on('error', () => undefined);
    client.write('abc', () => client.destroy());
  };
  expect(await reading(100, leave)).toBe('gone');
});

import { request } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { waitFor } from '#libs/testing';
import { expect, it, onTestFinished } from 'vitest';
import { readBody } from '../body/read-body.js';
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

it.each([
  ['announced', 'content-length: 4000000', ['', '']],
  ['not announced', 'transfer-encoding: chunked', ['3d0900\r\n', '\r\n0\r\n\r\n']],
] as const)(
  'answers the next request of a connection whose body was too large, its length %s',
  async (_how, header, [before, after]) => {
    const { server } = await serving(async (incoming, response) => {
      const body = await readBody(incoming, 100_000);
      response.writeHead(typeof body === 'string' ? 413 : 200, { 'content-length': 0 }).end();
      drainBody(incoming);
    });
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    let answers = '';
    socket.on('data', (part: Buffer) => (answers += part.toString()));
    socket.write(`POST / HTTP/1.1\r\nhost: x\r\n${header}\r\n\r\n${before}${'x'.repeat(4_000_000)}${after}`);
    await waitFor(() => answers.includes('HTTP/1.1 413'));
    socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}');
    await waitFor(() => answers.includes('HTTP/1.1 200'), { timeoutMs: 5_000 });
  },
);

import { createServer, type RequestListener } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { onTestFinished, expect, it } from 'vitest';
import { createService } from './create-service.js';
import { answerUnreadable } from './unreadable-request.js';

const SHORT = { requestTimeout: 50, headersTimeout: 50, connectionsCheckingInterval: 10 };

/** All that comes back for the bytes until the connection ends; `then` is sent once something came. */
async function exchange(port: number, bytes: string, then?: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(bytes);
  let text = '';
  await new Promise<void>((resolve) => {
    socket.on('error', () => undefined).on('close', () => resolve());
    socket.on('data', (chunk: Buffer) => {
      if (text === '' && then !== undefined) socket.write(then);
      text += chunk.toString();
    });
  });
  return text;
}

async function serve(listener: RequestListener, options = {}): Promise<number> {
  const server = createServer(options, listener).on('clientError', answerUnreadable);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void (server.close(), server.closeAllConnections()));
  return (server.address() as AddressInfo).port;
}

it.each([
  ['no request at all', 400, 'invalid_request', 'hello\r\n\r\n', {}],
  ['headers without an end', 431, 'invalid_request', `GET / HTTP/1.1\r\nx: ${'y'.repeat(20_000)}`, {}],
  ['a request that does not go on', 408, 'invalid_request', 'GET / HTTP/1.1\r\n', SHORT],
])('what is %s is answered by a problem of %i, with a request id', async (_, status, code, bytes, options) => {
  const text = await exchange(await serve(() => undefined, options), bytes);
  const [head = '', body = ''] = text.split('\r\n\r\n');
  expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(head.toLowerCase()).toContain('content-type: application/problem+json');
  expect(head).toMatch(/x-request-id: [0-9a-f-]{36}/);
  expect(head).toContain('connection: close');
  expect(JSON.parse(body)).toMatchObject({ status, code });
});

it('nothing is written into an answer that has begun: the connection ends, so that half of it is not taken as whole', async () => {
  const port = await serve((_, response) => void response.write('the beginning'));
  const text = await exchange(port, 'GET / HTTP/1.1\r\nhost: x\r\n\r\n', 'garbage\r\n\r\n');
  expect(text).toMatch(/the beginning\r\n$/);
});

it('every service answers so', async () => {
  class Empty {}
  const app = await createService(Empty, { service: 'spec', port: 0 });
  onTestFinished(() => app.close());
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  expect(await exchange(port, 'hello\r\n\r\n')).toContain('application/problem+json');
});

import type { AddressInfo } from 'node:net';
import { sandboxProvider } from './server.js';

/** A provider on a free port of its own; for specs of this folder. */
export async function listening() {
  const server = sandboxProvider();
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const call = async (method: string, path: string, body?: unknown) => {
    const headers = { authorization: 'Bearer sk-provider', 'x-request-id': 'r-1' };
    const init = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) };
    return fetch(`${url}${path}`, init);
  };
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url, call, close };
}

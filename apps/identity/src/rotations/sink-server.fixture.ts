import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Got = {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
};

/**
 * What a rotation may be sent to: a webhook at `/hook`, and the part of HashiCorp Vault's KV version 2 that a sink uses
 * (https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2): versions, 403 without the token, 404 for nothing.
 */
export class SinkServer {
  readonly got: Got[] = [];
  /** What the next requests are answered with, whatever they ask; 0: as it should be. */
  failWith = 0;
  private readonly versions = new Map<string, unknown[]>();
  private readonly server = createServer((request, response) => void this.serve(request, response));

  constructor(private readonly token: string) {}

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, body } = await this.answer(request);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(body === undefined ? '' : JSON.stringify(body));
  }

  private async answer(request: IncomingMessage): Promise<{ status: number; body?: unknown }> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const { method = '', url: path = '', headers } = request;
    this.got.push({ method, path, headers, body });
    if (this.failWith > 0) return { status: this.failWith };
    return path === '/hook' ? { status: 204 } : this.vault(method, path, String(headers['x-vault-token']), body);
  }

  private vault(method: string, path: string, token: string, body: string): { status: number; body?: unknown } {
    if (token !== this.token) return { status: 403, body: { errors: ['permission denied'] } };
    if (!path.startsWith('/v1/secret/data/')) return { status: 404, body: { errors: [] } };
    const held = this.versions.get(path) ?? [];
    if (method === 'POST') {
      const { data } = JSON.parse(body) as { data: unknown };
      this.versions.set(path, [...held, data]);
      return { status: 200, body: { data: { version: held.length + 1, destroyed: false } } };
    }
    const data = held.at(-1);
    return data === undefined
      ? { status: 404, body: { errors: [] } }
      : { status: 200, body: { data: { data, metadata: { version: held.length } } } };
  }
}

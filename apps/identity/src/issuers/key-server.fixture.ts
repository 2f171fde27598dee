import { generateKeyPairSync } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export const ecKey = (kid?: string) => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = { ...publicKey.export({ format: 'jwk' }), ...(kid !== undefined && { kid }), alg: 'ES256', use: 'sig' };
  return { jwk, privateKey };
};

export const json = (document: unknown, type = 'application/json'): Answer => {
  return (_request, response) => response.writeHead(200, { 'content-type': type }).end(JSON.stringify(document));
};

/** An issuer's web server that answers what a spec says, and remembers what it was asked. */
export class KeyServer {
  readonly asked: string[] = [];
  answer: Answer = json({ keys: [] });
  private readonly server: Server = createServer((request, response) => {
    this.asked.push(request.url ?? '');
    this.answer(request, response);
  });

  async open(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

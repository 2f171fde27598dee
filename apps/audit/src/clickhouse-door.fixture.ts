import { createServer, type IncomingMessage, type Server } from 'node:http';
import { testStack } from '#libs/testing';

/** What happens to a request: it passes, or the line is cut before or after ClickHouse has done it. */
export type Fate = 'pass' | 'cut before' | 'cut after';

/** A door in front of ClickHouse that can be shut, so that connections are refused, or have its line cut. */
export class ClickHouseDoor {
  private server: Server | undefined;
  private port = 0;

  constructor(private readonly fateOf: (url: string) => Fate = () => 'pass') {}

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async open(): Promise<void> {
    this.server = createServer(async (request, reply) => {
      const body = await bodyOf(request);
      const fate = this.fateOf(request.url ?? '');
      if (fate === 'cut before') return void request.socket.destroy();
      const more = body.length > 0 ? { body } : {};
      const answer = await fetch(testStack().clickhouse.url + request.url, {
        method: request.method ?? 'GET',
        ...more,
      });
      const content = Buffer.from(await answer.arrayBuffer());
      if (fate === 'cut after') return void request.socket.destroy();
      const code = answer.headers.get('x-clickhouse-exception-code');
      reply.writeHead(answer.status, code ? { 'x-clickhouse-exception-code': code } : {}).end(content);
    });
    await new Promise<void>((resolve) => this.server?.listen(this.port, '127.0.0.1', resolve));
    const address = this.server.address();
    this.port = typeof address === 'object' && address ? address.port : 0;
  }

  async shut(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve));
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

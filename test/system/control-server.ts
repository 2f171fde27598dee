import { createServer, type Server } from 'node:http';
import type { Stack } from '../../deploy/local/src/stack/stack.js';

/** What a spec may do to a part of the running system. */
export const controls = ['kill', 'pause', 'resume', 'stop', 'start', 'restart', 'ready'] as const;
export type Control = (typeof controls)[number];

/**
 * Lets specs, which run in processes of their own, break parts of the one stack: `POST /<part>/<control>`, answered when
 * it is done. Listens on loopback only.
 */
export async function serveControl(stack: Stack): Promise<{ url: string; server: Server }> {
  const server = createServer((request, response) => {
    const [, part = '', control = ''] = String(request.url).split('/');
    if (!isControl(control)) return void response.writeHead(404).end();
    Promise.resolve()
      .then(() => stack.part(part)[control]())
      .then(
        () => response.writeHead(204).end(),
        (error: unknown) => response.writeHead(500).end(String(error)),
      );
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { url: `http://127.0.0.1:${address.port}`, server };
}

function isControl(text: string): text is Control {
  return (controls as readonly string[]).includes(text);
}

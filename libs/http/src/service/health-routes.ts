import type { FastifyInstance } from 'fastify';
import type { Readiness } from './readiness.js';

/**
 * `/healthz` (the process serves) and `/readyz` (every part is ready, else 503 with what each waits for). They stand
 * before the framework: no guard, no decision record, and no secret in the answer.
 */
export function serveHealth(server: FastifyInstance, readiness: Readiness): void {
  server.get('/healthz', (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'ok' }));
  server.get('/readyz', async (_request, reply) => {
    const { ready, checks } = await readiness.look();
    const body = { status: ready ? 'ready' : 'not_ready', checks };
    return reply
      .status(ready ? 200 : 503)
      .header('cache-control', 'no-store')
      .send(body);
  });
}

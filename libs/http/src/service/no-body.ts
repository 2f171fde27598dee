import type { FastifyInstance } from 'fastify';

const JSON_TYPE = /^application\/json\b/i;

/**
 * Clients that set one content type for all that they send say `application/json` of a DELETE without a body, too: there
 * is nothing then that could be wrong JSON.
 */
export function acceptNoBody(server: FastifyInstance): void {
  server.addHook('onRequest', ({ method, headers }, _reply, done) => {
    const { 'content-length': length = '0', 'transfer-encoding': encoding, 'content-type': type = '' } = headers;
    const isEmpty = length === '0' && encoding === undefined;
    if (method === 'DELETE' && isEmpty && JSON_TYPE.test(type)) delete headers['content-type'];
    done();
  });
}

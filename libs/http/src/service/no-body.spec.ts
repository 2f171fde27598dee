import { fastify } from 'fastify';
import { expect, it } from 'vitest';
import { acceptNoBody } from './no-body.js';

const server = fastify();
acceptNoBody(server);
server.delete('/things/a', (request) => ({ body: request.body ?? null, ifMatch: request.headers['if-match'] }));
server.post('/things', () => ({}));
const headers = { 'content-type': 'application/json; charset=utf-8', 'if-match': '"3"' };

it.each<Record<string, string>>([{}, { 'content-length': '0' }])(
  'takes a DELETE without a body that is said to be JSON, with everything else that it says (%o)',
  async (more) => {
    const answer = await server.inject({ method: 'DELETE', url: '/things/a', headers: { ...headers, ...more } });
    expect([answer.statusCode, answer.json()]).toEqual([200, { body: null, ifMatch: '"3"' }]);
  },
);

it('reads the body of a DELETE that has one', async () => {
  const remove = (payload: string) => server.inject({ method: 'DELETE', url: '/things/a', headers, payload });
  expect((await remove('{"a":1}')).json()).toMatchObject({ body: { a: 1 } });
  expect((await remove('{"a":')).statusCode).toBe(400);
});

it('leaves a POST that says JSON and brings nothing as wrong as it is', async () => {
  expect((await server.inject({ method: 'POST', url: '/things', headers })).statusCode).toBe(400);
});

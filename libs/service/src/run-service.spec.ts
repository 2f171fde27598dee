import { createService } from '#libs/http';
import { silentLogger } from '#libs/telemetry';
import { Controller, Get, Module, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { servedBy } from './run-service.js';

@Controller()
class WhoAsks {
  @Get('who')
  who(@Req() { ip }: FastifyRequest) {
    return { ip };
  }
}
@Module({ controllers: [WhoAsks] })
class App {}

const settings = { HOST: '127.0.0.1', PORT: 0, GATEHOUSE_LOCAL: false, GATEHOUSE_TRUSTED_PROXIES: ['10.0.0.0/8'] };
let app: Awaited<ReturnType<typeof createService>>;

beforeAll(async () => {
  app = await createService(App, { ...servedBy(settings), service: 'spec', logger: silentLogger });
});
afterAll(() => app.close());

async function seenFrom(remoteAddress: string, forwarded: string): Promise<string> {
  const headers = { 'x-forwarded-for': forwarded };
  const answer = await app.inject({ method: 'GET', url: '/who', remoteAddress, headers });
  return answer.json<{ ip: string }>().ip;
}

it('believes the proxies in front that the operator names of who called, and nobody else', async () => {
  expect(await seenFrom('10.0.0.1', '192.0.2.7')).toBe('192.0.2.7');
  // What a caller wrote itself stands before what the proxies added.
  expect(await seenFrom('10.0.0.1', '203.0.113.9, 192.0.2.7, 10.0.0.2')).toBe('192.0.2.7');
  expect(await seenFrom('198.51.100.1', '192.0.2.7')).toBe('198.51.100.1');
});

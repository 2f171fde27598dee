import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';
import { onTestFinished } from 'vitest';
import { errorBody } from '../openai/error-body.js';
import type { RelayOutcome } from './relay-outcome.js';
import { relay } from './relay.js';
import type { UpstreamCall } from './upstream-call.js';

/** A server of a spec, on a port of its own; gone when the test is, unless its caller closes it. */
export async function serving(
  listener: RequestListener,
  untilTestFinished = true,
): Promise<{ server: Server; url: string }> {
  const server = createServer(listener);
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  if (untilTestFinished) {
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
  }
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

type Options = Partial<Pick<UpstreamCall, 'dropsUsage' | 'form' | 'dialect' | 'headersTimeoutMs' | 'idleTimeoutMs'>>;

/** An edge that relays every request to `upstream`, and how each of its calls ended. */
export async function relaying(upstream: string | RequestListener, options: Options = {}) {
  const origin = typeof upstream === 'string' ? upstream : (await serving(upstream)).url;
  const dispatcher = new Pool(origin, { connections: 4 });
  onTestFinished(() => dispatcher.destroy());
  const ended: Promise<RelayOutcome>[] = [];
  const waiting: ((outcome: Promise<RelayOutcome>) => void)[] = [];
  const { url } = await serving((request, response) => {
    const answering = answer(request, response, dispatcher, options);
    const waiter = waiting.shift();
    if (waiter) waiter(answering);
    else ended.push(answering);
  });
  /** The outcome of the next call whose outcome nobody asked for yet. */
  const outcome = () => ended.shift() ?? new Promise<RelayOutcome>((resolve) => waiting.push(resolve));
  return { url, outcome };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  dispatcher: Pool,
  options: Options,
): Promise<RelayOutcome> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  const call: UpstreamCall = {
    dispatcher,
    path: '/up',
    headers: ['authorization', 'Bearer provider-key'],
    body: Buffer.concat(parts),
    stream: true,
    form: 'completions',
    dialect: 'openai',
    dropsUsage: false,
    headersTimeoutMs: 5_000,
    idleTimeoutMs: 5_000,
    ...options,
  };
  const outcome = await relay(call, response, ['gatehouse-decision-id', 'd-1'], performance.now());
  if (outcome.refusal) {
    const { code, message, param } = outcome.refusal;
    response.writeHead(502, { 'content-type': 'application/json' }).end(errorBody(code, message, param));
  }
  return outcome;
}

export const sse = { 'content-type': 'text/event-stream' };
export const event = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`;
export const chunk = (content: string, finish: string | null = null) =>
  event({ model: 'm', choices: [{ index: 0, delta: { content }, finish_reason: finish }], usage: null });
export const reported = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
export const usageEvent = event({ model: 'm', choices: [], usage: reported });
export const done = 'data: [DONE]\n\n';

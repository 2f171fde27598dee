// Arm "gateway off": the gateway's own reading, rewriting and relaying of a call, and nothing of what makes it a gateway:
// no authentication, decision or record. What is left is what the fast path costs by itself.
import { createServer } from 'node:http';
import { Pool } from 'undici';
import { readCallBody } from '../../../apps/gateway/src/body/call-body.js';
import { readBody } from '../../../apps/gateway/src/body/read-body.js';
import { lacksUsage, rewriteBody } from '../../../apps/gateway/src/body/rewrite-body.js';
import { Refusal } from '../../../apps/gateway/src/refusals/refusal.js';
import type { UpstreamCall } from '../../../apps/gateway/src/relay/upstream-call.js';
import { relay } from '../../../apps/gateway/src/relay/relay.js';

const BODY_BYTES_MAX = 32 * 1024 * 1024;
const TIMEOUT_MS = 60_000;
const [port, origin, credential, upstreamModel = 'gpt-4'] = process.argv.slice(2);
const dispatcher = new Pool(String(origin), { connections: 128, pipelining: 1 });

createServer(async (request, response) => {
  const begunMs = performance.now();
  const body = await readBody(request, BODY_BYTES_MAX);
  const call = typeof body === 'string' ? undefined : readCallBody(body.bytes, { requires: ['messages'] });
  if (typeof body === 'string' || !call || call instanceof Refusal) return void response.writeHead(400).end();
  const dropsUsage = lacksUsage(call);
  const upstream: UpstreamCall = {
    dispatcher,
    path: String(request.url),
    headers: ['authorization', `Bearer ${credential}`, 'content-type', 'application/json'],
    body: rewriteBody(body, call, upstreamModel, dropsUsage),
    stream: call.stream,
    form: 'completions',
    dialect: 'openai',
    dropsUsage,
    headersTimeoutMs: TIMEOUT_MS,
    idleTimeoutMs: TIMEOUT_MS,
  };
  await relay(upstream, response, [], begunMs);
}).listen(Number(port), '127.0.0.1');

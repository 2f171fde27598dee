import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { anthropicError, countTokens, messages } from './anthropic/messages.js';
import { sendJson, type Call } from './answer.js';
import { control } from './control/control-api.js';
import { ModelBehaviours } from './control/model-behaviour.js';
import { RequestLog, type LoggedRequest } from './control/request-log.js';
import { mcp } from './mcp/mcp-endpoint.js';
import { chatCompletions } from './openai/chat-completions.js';
import { speech, transcripts } from './openai/audio.js';
import { completions } from './openai/completions.js';
import { embeddings } from './openai/embeddings.js';
import { images } from './openai/images.js';
import { models } from './openai/models.js';
import { moderations } from './openai/moderations.js';
import { openAiError } from './openai/openai.js';
import { responses } from './openai/responses.js';
import { parseBody } from './request-body.js';

type Surface = { answer: (call: Call) => void | Promise<void>; error: typeof openAiError | typeof anthropicError };

const surfaces = new Map<string, Surface>([
  ['/v1/chat/completions', { answer: chatCompletions, error: openAiError }],
  ['/v1/completions', { answer: completions, error: openAiError }],
  ['/v1/embeddings', { answer: embeddings, error: openAiError }],
  ['/v1/moderations', { answer: moderations, error: openAiError }],
  ['/v1/responses', { answer: responses, error: openAiError }],
  ['/v1/images/generations', { answer: images, error: openAiError }],
  ['/v1/images/edits', { answer: images, error: openAiError }],
  ['/v1/images/variations', { answer: images, error: openAiError }],
  ['/v1/audio/speech', { answer: speech, error: openAiError }],
  ['/v1/audio/transcriptions', { answer: transcripts, error: openAiError }],
  ['/v1/audio/translations', { answer: transcripts, error: openAiError }],
  ['/v1/messages', { answer: messages, error: anthropicError }],
  ['/v1/messages/count_tokens', { answer: countTokens, error: anthropicError }],
]);
const bodyBytesMax = 64 * 1024 * 1024;

/** A provider that never leaves the machine: OpenAI- and Anthropic-compatible, with MCP tools and a control API. */
export function sandboxProvider(): Server {
  const behaviours = new ModelBehaviours();
  const log = new RequestLog();

  const route = (request: IncomingMessage, response: ServerResponse, path: string, body: Buffer) => {
    const method = request.method ?? '';
    if (path.startsWith('/_control/')) return control(behaviours, log, { method, path, body }, response);
    if (path === '/healthz') return sendJson(response, 200, { status: 'ok' });
    const key = keyOf(request);
    const entry = log.open(request, path, key);
    entry.bytes = body.length;
    response.once('close', () => close(entry, response));
    response.setHeader('x-request-id', `sandbox-${entry.at}`);
    if (key === undefined) return sendJson(response, 401, openAiError(401, 'No provider key was sent.'));
    if (path === '/mcp') return mcp(method, body, response);
    if (path === '/v1/models' && method === 'GET') return sendJson(response, 200, models());
    const surface = surfaces.get(path);
    if (!surface || method !== 'POST') return sendJson(response, 404, openAiError(404, 'No such route.'));
    const contentType = request.headers['content-type'];
    return serve(surface, { request: body, contentType, behaviours, entry, response });
  };

  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    const path = request.url?.split('?', 1)[0] ?? '';
    readBody(request)
      .then((body) => (body ? route(request, response, path, body) : request.destroy()))
      .catch(() => response.destroy());
  });
  return server;
}

type Serving = {
  request: Buffer;
  contentType: string | undefined;
  behaviours: ModelBehaviours;
  entry: LoggedRequest;
  response: ServerResponse;
};

async function serve(surface: Surface, { request, contentType, behaviours, entry, response }: Serving): Promise<void> {
  const parsed = await parseBody(request, contentType);
  const model = parsed?.fields.model;
  if (!parsed || typeof model !== 'string') return sendJson(response, 400, surface.error(400, 'Unreadable body.'));
  entry.model = model;
  const behaviour = behaviours.of(model);
  if (behaviour.latency_ms) await setTimeout(behaviour.latency_ms);
  if (response.destroyed) return undefined;
  const status = behaviour.status ?? 200;
  if (status >= 400) return sendJson(response, status, surface.error(status));
  return surface.answer({ body: parsed.fields, files: parsed.files, model, behaviour, entry, response });
}

function close(entry: LoggedRequest, response: ServerResponse): void {
  if (entry.state === 'broken') return;
  entry.status = response.headersSent ? response.statusCode : null;
  entry.aborted = !response.writableFinished;
  entry.state = entry.aborted ? 'aborted' : 'answered';
}

function keyOf({ headers }: IncomingMessage): string | undefined {
  const bearer = headers.authorization?.replace(/^bearer +/iu, '');
  const key = bearer || headers['x-api-key'];
  return typeof key === 'string' && key !== '' ? key : undefined;
}

function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const { promise, resolve } = Promise.withResolvers<Buffer | undefined>();
  const parts: Buffer[] = [];
  let bytes = 0;
  request.on('data', (part: Buffer) => {
    bytes += part.length;
    if (bytes > bodyBytesMax) resolve(undefined);
    else parts.push(part);
  });
  request.on('end', () => resolve(parts.length === 1 ? parts[0] : Buffer.concat(parts)));
  request.on('error', () => resolve(undefined));
  return promise;
}

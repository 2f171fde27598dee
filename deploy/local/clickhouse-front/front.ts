import { randomUUID, timingSafeEqual, createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Answer, Engine } from './engine.js';
import { exceptionCodes, exceptionOf, FrontException } from './http-exception.js';
import { planWork } from './plan-work.js';
import { readBody } from './request-body.js';

/** An idle connection lives this long: longer than the stock client keeps one, so that it never writes to a closed socket. */
const KEEP_ALIVE_MS = 30_000;
/** A body may take this long to arrive. */
const REQUEST_MS_MAX = 300_000;

export type Credentials = { user: string; password: string };

/** ClickHouse's HTTP interface, as far as the stock client uses it. Answers are complete before their first byte. */
export function createFront(engine: Engine, credentials: Credentials): Server {
  const server = createServer((request, response) => {
    void answer(engine, credentials, request, response);
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.requestTimeout = REQUEST_MS_MAX;
  return server;
}

async function answer(
  engine: Engine,
  credentials: Credentials,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://front');
  if (url.pathname === '/ping') return void response.end('Ok.\n');
  const queryId = url.searchParams.get('query_id') || randomUUID();
  response.setHeader('X-ClickHouse-Query-Id', queryId);
  response.setHeader('X-ClickHouse-Server-Display-Name', 'gatehouse-local');
  response.setHeader('X-ClickHouse-Timezone', 'UTC');
  try {
    if (url.pathname !== '/') {
      response.statusCode = 404;
      return void response.end('There is no such path.\n');
    }
    admit(credentials, request, url.searchParams);
    if (request.method === 'GET' && !url.searchParams.has('query')) return void response.end('Ok.\n');
    const body = request.method === 'GET' ? Buffer.alloc(0) : await readBody(request);
    const { work, format } = planWork(url.searchParams, body, request.method === 'GET');
    await send(request, response, url.searchParams, format, work && (await engine.run(work)));
  } catch (error) {
    refuse(response, error);
  }
}

/** A page in a browser can reach the loopback address too, and says where it is from. */
function admit({ user, password }: Credentials, request: IncomingMessage, url: URLSearchParams): void {
  const basic = /^Basic (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  const [basicUser, ...basicPassword] = basic ? Buffer.from(basic, 'base64').toString('utf8').split(':') : [];
  const given = {
    user: header(request, 'x-clickhouse-user') ?? basicUser ?? url.get('user') ?? 'default',
    password: header(request, 'x-clickhouse-key') ?? (basic ? basicPassword.join(':') : (url.get('password') ?? '')),
  };
  const isAdmitted =
    request.headers.origin === undefined && sameText(given.user, user) && sameText(given.password, password);
  if (isAdmitted) return;
  const detail = 'Authentication failed: password is incorrect, or there is no user with such name.';
  throw new FrontException(exceptionCodes.authenticationFailed, detail, 'AUTHENTICATION_FAILED');
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function sameText(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

async function send(
  request: IncomingMessage,
  response: ServerResponse,
  url: URLSearchParams,
  format: string,
  answered: Answer | undefined,
): Promise<void> {
  response.setHeader('X-ClickHouse-Format', format);
  response.setHeader('X-ClickHouse-Summary', summaryOf(answered));
  response.setHeader(
    'Content-Type',
    format.startsWith('JSON') ? 'application/json; charset=UTF-8' : 'text/plain; charset=UTF-8',
  );
  let body = answered?.body ?? new Uint8Array();
  const isPacked =
    url.get('enable_http_compression') === '1' && /\bgzip\b/.test(String(request.headers['accept-encoding']));
  if (isPacked) {
    response.setHeader('Content-Encoding', 'gzip');
    body = await promisify(gzip)(body, { level: 3 });
  }
  response.setHeader('Content-Length', body.length);
  response.end(body);
}

function summaryOf(answered: Answer | undefined): string {
  return JSON.stringify({
    read_rows: String(answered?.readRows ?? 0),
    read_bytes: String(answered?.readBytes ?? 0),
    written_rows: String(answered?.writtenRows ?? 0),
    written_bytes: String(answered?.writtenBytes ?? 0),
    total_rows_to_read: '0',
    result_rows: '0',
    result_bytes: String(answered?.body.length ?? 0),
    elapsed_ns: String(Math.round((answered?.elapsedSeconds ?? 0) * 1e9)),
  });
}

function refuse(response: ServerResponse, error: unknown): void {
  const { code, text, status } = exceptionOf(error);
  if (response.headersSent) return void response.destroy();
  response.statusCode = status;
  response.setHeader('X-ClickHouse-Exception-Code', code);
  response.setHeader('Content-Type', 'text/plain; charset=UTF-8');
  // The rest of a body that was too long is not read, so this connection can carry no other request.
  if (code === exceptionCodes.queryIsTooLarge) response.setHeader('Connection', 'close');
  response.end(`${text}\n`);
}

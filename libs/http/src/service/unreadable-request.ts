import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { v7 } from 'uuid';
import { problem, type ProblemError } from '../problems/problem.js';
import { problemBody, problemHeaders } from '../problems/problem-body.js';

/** Node's own mark of the answer that a connection is busy with; the only way to tell whether it has begun. */
type Connection = Duplex & { readonly _httpMessage?: { readonly headersSent: boolean } | null };

/**
 * Answers bytes that are no HTTP request, or not in time, as a problem, and ends the connection: a server's listener of
 * `clientError`. Nothing is written into an answer that has begun.
 */
export function answerUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  if ((socket as Connection)._httpMessage?.headersSent) return void socket.destroy();
  socket.end(answerTo(problemFor(error.code)), () => socket.destroy());
}

function problemFor(code: string | undefined): ProblemError {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return problem(408, 'invalid_request', 'The request did not arrive in time.');
    case 'HPE_HEADER_OVERFLOW':
      return problem(431, 'invalid_request', 'The headers of the request are larger than this server accepts.');
    default:
      return problem(400, 'invalid_request', 'This is not an HTTP request.');
  }
}

function answerTo(about: ProblemError): string {
  const body = problemBody(about);
  const headers = {
    ...problemHeaders(about),
    'x-request-id': v7(),
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${about.status} ${STATUS_CODES[about.status] ?? 'Error'}`, ...lines, '', body].join('\r\n');
}

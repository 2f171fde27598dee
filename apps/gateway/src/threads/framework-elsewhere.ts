import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Forwarded, ForwardedAnswer } from './thread-messages.js';

/** Requests that wait for the main thread at once; one more is refused. They are for health, metrics and documents. */
const WAITING_MAX = 256;
/** Of their own connection; the other thread has none. */
const hopByHop = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length']);

/** Answers what is no call of a model, by asking the thread that runs the framework. Bodies are not passed on: no such route takes one. */
export class FrameworkElsewhere {
  private readonly waiting = new Map<number, ServerResponse>();
  private last = 0;

  constructor(private readonly ask: (request: Forwarded, number: number) => void) {}

  handle(request: IncomingMessage, response: ServerResponse): void {
    request.resume();
    if (this.waiting.size >= WAITING_MAX) {
      response.writeHead(503, { connection: 'close' }).end();
      return;
    }
    this.last += 1;
    this.waiting.set(this.last, response);
    const { method = 'GET', url = '/', headers, socket } = request;
    const passed = Object.entries(headers).filter(([name]) => !hopByHop.has(name));
    const { remoteAddress = '' } = socket;
    this.ask({ method, url, headers: Object.fromEntries(passed), remoteAddress }, this.last);
  }

  take(number: number, { status, headers, body }: ForwardedAnswer): void {
    const response = this.waiting.get(number);
    this.waiting.delete(number);
    if (!response) return;
    for (const [name, value] of Object.entries(headers)) {
      if (value !== undefined && !hopByHop.has(name)) response.setHeader(name, value);
    }
    response.statusCode = status;
    response.end(body);
  }
}

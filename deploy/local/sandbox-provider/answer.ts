import type { ServerResponse } from 'node:http';
import { setImmediate, setTimeout } from 'node:timers/promises';
import type { ModelBehaviour } from './control/model-behaviour.js';
import type { LoggedRequest } from './control/request-log.js';

/** One call under way: what was asked, how the model is to behave, where the answer goes. */
export type Call = {
  body: Record<string, unknown>;
  /** Of a form, by the field's name. */
  files: ReadonlyMap<string, readonly Buffer[]>;
  model: string;
  behaviour: ModelBehaviour;
  entry: LoggedRequest;
  response: ServerResponse;
};

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const text = JSON.stringify(value);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

/** A plain answer, cut in its middle where the model is told to break. */
export function sendAnswer(call: Call, value: unknown): void {
  sendBytes(call, 'application/json', Buffer.from(JSON.stringify(value)));
}

/** The same of any type. */
export function sendBytes({ behaviour, entry, response }: Call, type: string, bytes: Buffer): void {
  entry.status = behaviour.status ?? 200;
  response.writeHead(entry.status, { 'content-type': type, 'content-length': bytes.length });
  if (behaviour.break_after_chunks === undefined) response.end(bytes);
  else response.write(bytes.subarray(0, bytes.length >> 1), () => breakOff(entry, response));
}

/** One event at a time, each in its own packet as a model would send it, held back while the reader is slow. */
export async function sendEvents({ behaviour, entry, response }: Call, events: Iterable<string>): Promise<void> {
  entry.status = behaviour.status ?? 200;
  response.writeHead(entry.status, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
  const breakAfter = behaviour.break_after_chunks ?? Infinity;
  let sent = 0;
  for (const event of events) {
    if (sent >= breakAfter) return breakOff(entry, response);
    if (response.destroyed) return undefined;
    if (!response.write(event)) await drained(response);
    sent += 1;
    if (behaviour.chunk_interval_ms) await setTimeout(behaviour.chunk_interval_ms);
    else await setImmediate();
  }
  if (sent <= breakAfter && breakAfter !== Infinity) return breakOff(entry, response);
  response.end();
  return undefined;
}

function breakOff(entry: LoggedRequest, response: ServerResponse): void {
  entry.state = 'broken';
  response.destroy();
}

function drained(response: ServerResponse): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = () => {
    response.off('drain', done).off('close', done);
    resolve();
  };
  response.once('drain', done).once('close', done);
  return promise;
}

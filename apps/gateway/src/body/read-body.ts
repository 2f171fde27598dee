import type { IncomingMessage } from 'node:http';
import { RequestBody } from './request-body.js';

export type BodyFault = 'too_large' | 'encoded' | 'gone';

/**
 * Reads a body of at most `bytesMax` bytes. A larger one is given up as soon as that is known, unread; `gone` is a
 * caller that left before its end. `invite` is called once it is to be sent, for callers that wait for that.
 */
export function readBody(
  request: IncomingMessage,
  bytesMax: number,
  invite?: () => void,
): Promise<RequestBody | BodyFault> {
  const announced = request.headers['content-length'];
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') return Promise.resolve('encoded');
  const length = announced === undefined ? undefined : Number(announced);
  // Memory is taken for what was announced, never for more than the bound.
  if (length !== undefined && length > bytesMax) return Promise.resolve('too_large');
  invite?.();
  return length === undefined ? collect(request, bytesMax) : fill(request, length);
}

function fill(request: IncomingMessage, length: number): Promise<RequestBody | BodyFault> {
  const { promise, resolve } = Promise.withResolvers<RequestBody | BodyFault>();
  const body = RequestBody.ofLength(length);
  const { bytes } = body;
  let at = 0;
  request.on('data', (part: Buffer) => {
    at += part.copy(bytes, at);
  });
  request.on('end', () => resolve(at === length ? body : 'gone'));
  request.on('error', () => resolve('gone'));
  request.on('close', () => resolve('gone'));
  return promise;
}

function collect(request: IncomingMessage, bytesMax: number): Promise<RequestBody | BodyFault> {
  const { promise, resolve } = Promise.withResolvers<RequestBody | BodyFault>();
  const parts: Buffer[] = [];
  let length = 0;
  const take = (part: Buffer) => {
    length += part.length;
    if (length <= bytesMax) return parts.push(part);
    // What follows is not for this reader: listening on, it would pause whoever drains the rest.
    request.off('data', take);
    request.pause();
    return resolve('too_large');
  };
  request.on('data', take);
  request.on('end', () => resolve(RequestBody.of(Buffer.concat(parts))));
  request.on('error', () => resolve('gone'));
  request.on('close', () => resolve('gone'));
  return promise;
}

import type { IncomingMessage } from 'node:http';

/** So much of a body that nobody wants is read and dropped, so that the caller gets to see its refusal; then it is cut. */
export const drainBytesMax = 32 * 1024 * 1024;
/** Announced bodies up to this size are left to Node, which drops them by itself. */
const announcedBytesMax = 1024 * 1024;
const drainTimeoutMs = 10_000;

/** To be called when a request is answered before its body was read. */
export function drainBody(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return;
  if (Number(request.headers['content-length']) <= announcedBytesMax) return;
  let bytes = 0;
  const cut = () => request.destroy();
  const timer = setTimeout(cut, drainTimeoutMs).unref();
  request.on('data', (part: Buffer) => {
    bytes += part.length;
    if (bytes > drainBytesMax) cut();
  });
  request.once('close', () => clearTimeout(timer));
  request.once('error', cut);
  request.resume();
}

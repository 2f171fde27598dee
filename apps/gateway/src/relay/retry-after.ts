import type { IncomingHttpHeaders } from 'node:http';

/** How long an upstream asks to wait, in ms; 0 where it does not, or not in numbers. The caller bounds it. */
export function retryAfterMs(headers: IncomingHttpHeaders): number {
  const exact = Number(headers['retry-after-ms']);
  const ms = Number.isFinite(exact) ? exact : Number(headers['retry-after']) * 1_000;
  return Number.isFinite(ms) && ms > 0 ? ms : 0;
}

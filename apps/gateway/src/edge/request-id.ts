import type { IncomingMessage } from 'node:http';

const wellFormed = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/u;

/** The caller's `x-request-id` where it is well formed, else the decision's id: one made-up id per request is enough. */
export function requestIdFor({ headers }: IncomingMessage, decisionId: string): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && wellFormed.test(given) ? given : decisionId;
}

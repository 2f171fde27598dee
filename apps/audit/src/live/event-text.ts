import type { FastifyRequest } from 'fastify';

export const EVENT_STREAM = 'text/event-stream';

/** One server-sent event. `data` becomes one line of JSON. */
export function eventText(name: string, data: object, id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Keeps proxies from closing what says nothing. */
export const HEARTBEAT = ': still here\n\n';

/** Whether a client asked for events rather than for one answer; browsers' `EventSource` does. */
export const wantsEvents = ({ headers }: Pick<FastifyRequest, 'headers'>): boolean =>
  (headers.accept ?? '').split(',').some((type) => type.split(';', 1)[0]?.trim().toLowerCase() === EVENT_STREAM);

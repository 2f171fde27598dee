import type { FastifyRequest } from 'fastify';

export const EVENT_STREAM = 'text/event-stream';

/** One server-sent event. `data` becomes one line of JSON. */
export function eventText(name: string, data: object, id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Keeps proxies from closing what says nothing, and tells a client with what it may come back; clients pass it on to nobody. */
export const heartbeat = (id?: string): string => `: still here\n${id === undefined ? '' : `id: ${id}\n`}\n`;

/** Whether a client asked for events rather than for one answer; browsers' `EventSource` does. */
export const wantsEvents = ({ headers }: Pick<FastifyRequest, 'headers'>): boolean =>
  (headers.accept ?? '').split(',').some((type) => type.split(';', 1)[0]?.trim().toLowerCase() === EVENT_STREAM);

/** What a client that comes back was told last; browsers' `EventSource` says it by itself. */
export function lastEventId({ headers }: Pick<FastifyRequest, 'headers'>): string | undefined {
  const given = headers['last-event-id'];
  return given === undefined || given === '' ? undefined : String(given);
}

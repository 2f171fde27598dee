import { Readable } from 'node:stream';
import { Reauthentication, type Caller } from '#libs/access';
import { problem, ProblemError } from '#libs/http';
import { Clock } from '#libs/telemetry';
import { Injectable, StreamableFile, type OnModuleDestroy } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { setTimeout as delay } from 'node:timers/promises';
import { AuditReach, type Collection, type Reach } from '../records/audit-reach.js';
import { EVENT_STREAM, eventText, heartbeat } from './event-text.js';

/** Streams of this process, and of them of one tenant. */
export const STREAMS_MAX = 100;
export const STREAMS_PER_TENANT_MAX = 10;
/** Then a client has to ask again. */
const LIFETIME_MS = 3_600_000;
/** Looks without anything to tell between two signs of life. */
const SILENT_LOOKS_MAX = 20;

/** Who listens to what. */
export type Listener = {
  readonly caller: Caller;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly collection: Collection;
  readonly reach: Reach;
};
/** What is new since the last look, as events; nothing is `''`. */
export type Looked = {
  readonly text: string;
  /** There is more at once, for which no pause is made. */
  readonly isMore?: boolean;
};
/** What a listener is told. */
export type Telling = {
  readonly look: () => Promise<Looked>;
  readonly pauseMs: number;
  /** What to tell first, if anything. */
  readonly first?: string;
  /** With which a client may come back. */
  readonly place?: () => string;
};

/**
 * Answers that go on: each looks at the record again and again, as long as its caller may see it. A client that reads
 * slowly is looked for less often, and nothing is kept for it.
 */
@Injectable()
export class LiveStreams implements OnModuleDestroy {
  private readonly open = new Map<Readable, string>();
  private readonly closing = new AbortController();

  constructor(
    private readonly reach: AuditReach,
    private readonly again: Reauthentication,
    private readonly clock: Clock,
  ) {}

  /** How many listen. */
  get size(): number {
    return this.open.size;
  }

  /** Before the server waits for its answers to end. */
  onModuleDestroy(): void {
    this.closing.abort();
    for (const stream of this.open.keys()) stream.destroy();
  }

  /** @throws ProblemError 429 `live/too-many-streams` */
  start(listener: Listener, telling: Telling): StreamableFile {
    const { caller, reply } = listener;
    const ofTenant = [...this.open.values()].filter((tenantId) => tenantId === caller.tenantId).length;
    if (ofTenant >= STREAMS_PER_TENANT_MAX || this.open.size >= STREAMS_MAX) {
      throw problem(429, 'live/too-many-streams', 'As many listen already as there may; end one of them first.');
    }
    const left = new AbortController();
    // A generator is told of the stream's end only when it next has something to say.
    reply.raw.once('close', () => left.abort());
    const signal = AbortSignal.any([this.closing.signal, left.signal]);
    const stream = Readable.from(this.events(listener, telling, signal));
    this.open.set(stream, caller.tenantId);
    stream.once('close', () => this.open.delete(stream));
    void reply.header('cache-control', 'no-store').header('x-accel-buffering', 'no');
    return new StreamableFile(stream, { type: EVENT_STREAM });
  }

  private async *events(listener: Listener, telling: Telling, signal: AbortSignal): AsyncGenerator<string> {
    const { look, pauseMs, first = '', place } = telling;
    const endsMs = this.clock.monotonicMs() + LIFETIME_MS;
    let silent = 0;
    // Something at once, so that a client knows that it listens.
    yield heartbeat(place?.()) + first;
    while (!signal.aborted && this.clock.monotonicMs() < endsMs) {
      const { text, isMore = false } = await lookedAt(look);
      // After the look: what was found is shown to nobody who may not see it by now.
      if (!(await this.holds(listener))) return yield eventText('end', { reason: 'not_allowed' });
      silent = text === '' ? silent + 1 : 0;
      if (text !== '') yield text;
      else if (silent % SILENT_LOOKS_MAX === 0) yield heartbeat(place?.());
      if (!isMore) await delay(pauseMs, undefined, { signal }).catch(() => undefined);
    }
    yield eventText('end', { reason: 'ask_again' });
  }

  private async holds({ caller, request, reply, collection, reach }: Listener): Promise<boolean> {
    const now = await this.again.of(caller, request, reply);
    return now !== undefined && this.reach.holds(now, collection, reach);
  }
}

/** An outage of the store ends no stream: what comes after it is told when it is there. */
async function lookedAt(look: Telling['look']): Promise<Looked> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof ProblemError && error.status === 503)
      return { text: eventText('waiting', { code: error.code }) };
    throw error;
  }
}

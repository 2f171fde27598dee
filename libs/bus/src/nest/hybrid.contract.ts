import {
  BusContext,
  connectBus,
  DeadLetters,
  eventRecord,
  type Bus,
  type BusRecord,
  type EventRecord,
  type OutgoingRecord,
} from '#libs/bus';
import { freshName, waitFor } from '#libs/testing';
import { Controller, Get, Inject, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const topic = freshName('identity.events');
const service = freshName('audit');
const envelope = { source: 'identity', time: '2026-11-23T09:00:00.000Z', generation: 1, epoch: 1, schema: 1 };

function event(position: number, type: string, data: unknown = { position }): OutgoingRecord {
  return eventRecord(topic, 'stream', { ...envelope, id: String(position), type, position }, data);
}

@Injectable()
class Ledger {
  readonly told: string[] = [];
  failures = new Map<number, { times: number; error: Error }>();

  note(who: string, events: readonly EventRecord[]): void {
    for (const { envelope } of events) {
      const failure = this.failures.get(envelope.position);
      if (failure && failure.times-- > 0) throw failure.error;
    }
    this.told.push(...events.map(({ envelope }) => `${who} ${envelope.position}`));
  }
}

@Controller()
class LedgerController {
  readonly contexts: BusContext[] = [];
  constructor(@Inject(Ledger) private readonly ledger: Ledger) {}

  @EventPattern<string>(topic)
  every(@Payload() events: EventRecord[], @Ctx() context: BusContext): void {
    this.contexts.push(context);
    this.ledger.note('every', events);
  }

  @EventPattern<string>(`${topic}#user.deactivated`)
  async deactivated(@Payload() events: EventRecord[]): Promise<void> {
    this.ledger.note('deactivated', events);
  }

  @Get('healthz')
  health(): string {
    return 'up';
  }
}

@Module({ controllers: [LedgerController], providers: [Ledger] })
class LedgerModule {}

/** A real hybrid application, HTTP and bus in one, over the given bus. */
export function hybridContract(name: string, open: () => Bus): void {
  describe(`a hybrid application over ${name}`, () => {
    let bus: Bus;
    let app: NestFastifyApplication;
    let ledger: Ledger;
    let group: string;
    const other = freshName('other');

    const start = async () => {
      app = await NestFactory.create<NestFastifyApplication>(LedgerModule, new FastifyAdapter(), { logger: false });
      const options = { service, group, topics: [other], ignore: [`${topic}#user.ignored`], retryMs: 5 };
      const { server } = connectBus(app, bus, { ...options, attemptsMax: 3 });
      ledger = app.get(Ledger);
      await app.startAllMicroservices();
      await app.init();
      return server;
    };
    const deadLetters = async () => {
      const letters: BusRecord[] = [];
      const topics = [`${service}.dead-letter.v1`];
      const replay = await bus.replay({ reader: 'r', topics, onRecords: (records) => void letters.push(...records) });
      await replay.caughtUp;
      await replay.close();
      const mine = letters.filter(({ headers }) => [topic, other].includes(String(headers.gh_dead_topic)));
      return mine.map(({ headers }) => ({ reason: String(headers.gh_dead_reason), id: String(headers.ce_id) }));
    };
    beforeEach(async () => {
      bus = open();
      group = freshName('g');
      const topics = [topic, other].map((name) => ({ name, partitions: 1 }));
      await bus.ensureTopics([...topics, DeadLetters.topicSpec(service)]);
    });
    afterEach(async () => {
      await app.close();
      await bus.close();
    });

    it('feeds batches to the methods that name the topic or the type, and answers HTTP beside it', async () => {
      const server = await start();
      await bus.publish([event(1, 'user.created'), event(2, 'user.deactivated'), event(3, 'user.ignored')]);
      await bus.publish([event(4, 'user.created')]);
      await waitFor(() => ledger.told.includes('every 4'));
      expect(ledger.told.slice(-3)).toEqual(['every 1', 'deactivated 2', 'every 4']);
      const context = app.get(LedgerController).contexts.at(-1);
      expect(context).toBeInstanceOf(BusContext);
      expect(context).toMatchObject({ topic, partition: 0 });
      expect(context?.batch.records.at(-1)?.offset).toBe(context?.lastOffset);
      expect((await app.inject({ url: '/healthz' })).body).toBe('up');
      expect(server.health()).toMatchObject({ state: 'running' });
    });

    it('goes on after a restart where it was, with nothing lost and nothing twice', async () => {
      await start();
      await bus.publish([event(10, 'user.created')]);
      await waitFor(() => ledger.told.includes('every 10'));
      await waitFor(() => app.close().then(() => true));
      await bus.publish([event(11, 'user.created')]);
      await start();
      await waitFor(() => ledger.told.includes('every 11'));
      expect(ledger.told).toEqual(['every 11']);
    });

    it('makes dead letters of what cannot be read, handled or routed, one by one, and goes on', async () => {
      await start();
      const before = (await deadLetters()).length;
      ledger.failures.set(21, { times: 99, error: new TypeError('always') });
      await bus.publish([
        event(20, 'user.created'),
        event(21, 'user.created'),
        { topic, key: 'k', value: 'no envelope' },
        { ...event(22, 'user.created'), value: '{' },
        event(23, 'user.created'),
        { ...event(24, 'finding'), topic: other },
      ]);
      await waitFor(() => ledger.told.includes('every 23'));
      const reasons = await waitFor(async () => {
        const found = await deadLetters();
        return found.length >= before + 4 && found.slice(before);
      });
      expect(reasons.map(({ reason }) => reason).toSorted()).toEqual([
        'bus/no-handler',
        'envelope/missing-ce_specversion',
        'handler/TypeError',
        'value/not-json',
      ]);
      expect(ledger.told.filter((told) => told === 'every 20')).not.toHaveLength(0);
    });

    it('tries again for as long as the failure is the weather’s', async () => {
      await start();
      const away = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
      ledger.failures.set(30, { times: 6, error: away });
      await bus.publish([event(30, 'user.created')]);
      await waitFor(() => ledger.told.includes('every 30'), { timeoutMs: 30_000 });
      expect((await deadLetters()).filter(({ id }) => id === '30')).toEqual([]);
    });
  });
}

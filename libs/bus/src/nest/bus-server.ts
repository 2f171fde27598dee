import { Server, type CustomTransportStrategy } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import type { Bus } from '../bus.js';
import type { ConsumedBatch, Consumption } from '../consumption.js';
import { CarefulDelivery } from '../dead-letters/careful-delivery.js';
import { DeadLetters } from '../dead-letters/dead-letters.js';
import { silentLogger } from '#libs/kafka';
import type { ReaderHealth } from '../reader-health.js';
import { BusContext } from './bus-context.js';
import type { BusServerOptions } from './bus-server-options.js';
import { routeBatch, type RoutedEvent, type RoutePatterns } from './event-routes.js';

const BATCH_MAX = 500;
const ATTEMPTS_MAX = 5;
const RETRY_MS = 100;

/**
 * Nest transport over the bus: feeds `@EventPattern('<topic>')` and `@EventPattern('<topic>#<ce_type>')` methods with
 * batches of events and commits after them. There are no requests and replies on the bus, so `@MessagePattern` is
 * refused at the start.
 */
export class BusServer extends Server implements CustomTransportStrategy {
  override readonly transportId = Symbol('gatehouse-bus');
  /** Nest then leaves a handler's failure to this class instead of logging it and going on. */
  override readonly propagatesEventHandlerErrors = true;
  private readonly delivery: CarefulDelivery;
  private readonly patterns: RoutePatterns;
  private consumption: Consumption | undefined;

  constructor(
    private readonly bus: Bus,
    private readonly options: BusServerOptions,
  ) {
    super();
    this.delivery = new CarefulDelivery({
      deadLetters: new DeadLetters(bus, options.service),
      logger: options.logger ?? silentLogger,
      attemptsMax: options.attemptsMax ?? ATTEMPTS_MAX,
      retryMs: options.retryMs ?? RETRY_MS,
    });
    const ignored = new Set(options.ignore ?? []);
    this.patterns = { has: (pattern) => this.messageHandlers.has(pattern), ignored };
  }

  /** Called by Nest when every handler is known. */
  override async listen(callback: (error?: unknown) => void): Promise<void> {
    let failure: unknown;
    try {
      await this.start();
    } catch (error) {
      failure = error;
    }
    callback(failure);
  }

  override async close(): Promise<void> {
    await this.consumption?.close();
  }

  /** Undefined before the start, and for a service without any topic. */
  health(): ReaderHealth | undefined {
    return this.consumption?.health();
  }

  /** The bus has no events of its own to listen to. */
  override on(): void {}

  override unwrap<T>(): T {
    return this.consumption as T;
  }

  private async start(): Promise<void> {
    const handlers = [...this.messageHandlers];
    const request = handlers.find(([, handler]) => !handler.isEventHandler);
    if (request) throw new TypeError(`${request[0]}: the bus carries events only, use @EventPattern`);
    const topics = new Set([...handlers.map(([pattern]) => topicOf(pattern)), ...(this.options.topics ?? [])]);
    if (topics.size === 0) return;
    const { group, batchMax = BATCH_MAX, from, partitionsConcurrently } = this.options;
    this.consumption = await this.bus.consume({
      group,
      topics: [...topics],
      batchMax,
      ...(from === undefined ? {} : { from }),
      ...(partitionsConcurrently === undefined ? {} : { partitionsConcurrently }),
      onBatch: (batch) => this.take(batch),
    });
  }

  private async take(batch: ConsumedBatch): Promise<void> {
    for (const step of routeBatch(batch.records, this.patterns)) {
      if (step.do === 'bury') await this.delivery.bury(step.record, step.reason);
      else await this.delivery.deliver(step.items, (items) => this.handle(step.pattern, items, batch), batch.signal);
    }
    await batch.commit(batch.lastOffset + 1n);
  }

  private async handle(pattern: string, items: readonly RoutedEvent[], batch: ConsumedBatch): Promise<void> {
    const handler = this.messageHandlers.get(pattern);
    const [first, last] = [items[0], items.at(-1)];
    if (!handler || !first || !last) return;
    const part = {
      ...batch,
      records: items.map(({ record }) => record),
      firstOffset: first.record.offset,
      lastOffset: last.record.offset,
    };
    const context = new BusContext(part);
    const endProcessing = this.createProcessingEndHookRunner(context);
    try {
      const result = await handler(
        items.map(({ event }) => event),
        context,
      );
      if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
    } finally {
      endProcessing();
    }
  }
}

function topicOf(pattern: string): string {
  return pattern.split('#', 1)[0] ?? pattern;
}

import { deriveMacKey, type Bus, type BusRecord, type Replay, type ReplayIncident } from '#libs/bus';
import type { TopicSpec } from '#libs/contracts';
import { Rounds } from '#libs/service';
import type { Clock, Logger } from '#libs/telemetry';
import { Counter } from './counter.js';
import type { CounterWindow } from './counter-window.js';
import { Counters, COUNTERS_MAX, GRACE_MS } from './counters.js';
import { UsagePublisher } from './usage-publisher.js';
import { UsageRecords } from './usage-records.js';

/** How often what calls used is told, and what they do not need is given back, ms. */
const LOOK_MS = 1_000;
/** How often windows that are over are looked for: each so many looks. */
const EXPIRE_EACH = 30;
/** A reader that says nothing for longer does not read, ms. */
const UNREAD_MS_MAX = 3_000;
/** How long giving back may take when the gateway stops, ms. */
const CLOSE_MS = 1_500;

export type SharedUsageOptions = {
  readonly bus: Bus;
  readonly busKey: Uint8Array;
  readonly topic: TopicSpec;
  readonly replica: string;
  /** Of this start of the replica, and of no other. */
  readonly boot: string;
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs'>;
  readonly logger: Pick<Logger, 'warn' | 'error'>;
  /** Runs that calls open here and that are held at once. */
  readonly countersMax?: number;
};

/**
 * What limits count, over all gateways: each claims its part of a window on `gateway.usage.v1` and spends it after it has
 * read its own claim back. The counters begin with everything that is on the topic, so that a restart forgets nothing.
 */
export class SharedUsage {
  private readonly counters: Counters;
  private readonly records: UsageRecords;
  private readonly publisher: UsagePublisher;
  private readonly rounds: Rounds;
  /** Those that this boot has a part of. */
  private readonly held = new Set<Counter>();
  private looks = 0;
  private position = 0;
  private readingSinceMs = 0;
  private replay: Replay | undefined;
  private isCaughtUp = false;
  private isStopped = false;

  constructor(private readonly options: SharedUsageOptions) {
    const { bus, busKey, topic, replica, boot, clock, logger, countersMax = COUNTERS_MAX } = options;
    const self = `${replica}/${boot}`;
    const nowMs = () => clock.nowMs();
    const monotonicMs = () => clock.monotonicMs();
    const onDirty = (counter: Counter, isUrgent: boolean) => this.tell(counter, isUrgent);
    const nextPosition = () => (this.position += 1);
    const ofCounters = { self, monotonicMs, readingSinceMs: () => this.readingSinceMs, nextPosition, onDirty };
    const make = (window: CounterWindow) => new Counter(window, ofCounters);
    this.counters = new Counters({ nowMs, make, countersMax });
    this.records = new UsageRecords(deriveMacKey(busKey), topic, `/gateway/${replica}`);
    this.publisher = new UsagePublisher({ bus, records: this.records, self, nowMs, logger });
    const onFailure = (error: unknown) => logger.error({ err: error }, 'claims on limits could not be looked through');
    this.rounds = new Rounds({ work: () => this.look(), pauseMs: () => LOOK_MS, onFailure });
  }

  /** Resolves when reading has begun. */
  async start(): Promise<void> {
    const { bus, topic, replica } = this.options;
    await bus.ensureTopics([topic]);
    this.replay = await bus.replay({
      reader: `gateway.usage.${replica}`,
      topics: [topic.name],
      onRecords: (records) => this.take(records),
      onIncident: (incident) => this.onIncident(incident),
    });
    this.readingSinceMs = this.options.clock.monotonicMs();
    void this.replay.caughtUp.then(() => (this.isCaughtUp = true));
    this.rounds.start();
  }

  isReady(): boolean {
    return this.isCaughtUp && !this.isStopped;
  }

  /** Counters held at the moment. */
  count(): number {
    return this.counters.size;
  }

  /** The counter of a run, over all gateways; undefined where there are too many. */
  counter(window: CounterWindow): Counter | undefined {
    return this.counters.of(window);
  }

  /** Removes claims on windows that are over from the log, and forgets them. */
  async expire(): Promise<void> {
    await this.publisher.remove(this.counters.expire());
  }

  /** Gives back what no call needs, so that it is not lost with this boot. */
  async close(): Promise<void> {
    await this.rounds.stop();
    for (const counter of this.held) counter.giveBack();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, CLOSE_MS);
    await Promise.race([this.publisher.flush(), promise]);
    clearTimeout(timer);
    await this.replay?.close();
  }

  private tell(counter: Counter, isUrgent: boolean): void {
    // A call may outlast its window: nobody asks any more what it used there.
    if (this.options.clock.nowMs() - counter.window.endMs > GRACE_MS) return;
    this.held.add(counter);
    this.publisher.add(counter);
    if (isUrgent) void this.publisher.flush();
  }

  private take(records: readonly BusRecord[]): void {
    for (const record of records) {
      const said = this.records.read(record);
      if (typeof said === 'object') this.counters.apply(said.place, said.record);
      else this.options.logger.warn({ reason: said }, 'a record of the usage topic was not applied');
    }
  }

  private async look(): Promise<void> {
    const { clock } = this.options;
    const nowMs = clock.nowMs();
    const { state, loopAgeMs = 0 } = this.replay?.health() ?? {};
    if (state !== 'running' || loopAgeMs > UNREAD_MS_MAX) this.readingSinceMs = clock.monotonicMs();
    for (const counter of this.held) {
      counter.look();
      if (!counter.isHeld || nowMs - counter.window.endMs > GRACE_MS) this.held.delete(counter);
    }
    await this.publisher.flush();
    this.looks += 1;
    if (this.looks % EXPIRE_EACH === 0) await this.expire();
  }

  private onIncident({ kind, detail }: ReplayIncident): void {
    this.options.logger.error({ kind, detail }, 'an incident on the topic of usage');
    if (kind === 'end-moved-back' || kind === 'another-incarnation') this.isStopped = true;
  }
}

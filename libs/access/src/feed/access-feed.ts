import {
  deriveMacKey,
  StateFeed,
  systemClock,
  WatermarkAge,
  WriterLease,
  type Applied,
  type BusClock,
  type ReplayIncident,
  type Stray,
  type Watermark,
} from '#libs/bus';
import { topics as contractTopics } from '#libs/contracts';
import { v7 } from 'uuid';
import type { FeedStanding } from './following-feed.js';
import { feedNames as names, ofEach } from './feed-names.js';
import { freshnessOf, type Freshness } from './freshness.js';
import type { AccessFeedOptions, AccessState, FeedName } from './access-feed-options.js';
import { JointLogLease } from './joint-log-lease.js';
import { PositionWaiters, type WaitOutcome } from './position-waiters.js';
import { KafkaReplicaReporter, type ReplicaReporter } from './replica-reporter.js';
import { ReportPace } from './report-pace.js';
import { UnreadableStateKey } from './unreadable-state-key.js';
import { within } from './within.js';

/** What a revision in a stream of others may wait for them, ms. */
const POLICY_GATHER_MS = 20;
/** Longest wait for readers to end, and then for the last report, ms. */
const CLOSE_MS = 2_000;

/**
 * Keeps the views of identity and policy in step with the bus, and knows whether they may be decided on: both leases,
 * the reports of what is applied here, and waiting for a position. The same in every service and in the gateway.
 */
export class AccessFeed {
  readonly boot: string;
  private readonly clock: BusClock;
  private readonly feeds: Readonly<Record<FeedName, StateFeed>>;
  private readonly writers: Readonly<Record<FeedName, WriterLease>>;
  private readonly waiters: Readonly<Record<FeedName, PositionWaiters>>;
  private readonly lease: JointLogLease;
  private readonly reporter: ReplicaReporter;
  private readonly pace: ReportPace;
  private readonly topicNames: Readonly<Record<FeedName, string>>;
  private readonly begun = new Set<FeedName>();
  private policyInForce: Applied;
  /** The position of each that was reported last, or is about to be. */
  private readonly told: Partial<Record<FeedName, number>> = {};
  private isSettling = false;
  private isRestored = false;
  private caughtUp = false;
  private closed = false;
  /** Why a topic is not believed any more; only a new process can help. */
  private stopped: string | undefined;

  constructor(private readonly options: AccessFeedOptions) {
    this.clock = options.clock ?? systemClock;
    this.boot = options.boot ?? v7();
    const { identityState, policyState } = this.topics;
    this.topicNames = { identity: identityState.name, policy: policyState.name };
    this.waiters = ofEach(() => new PositionWaiters());
    this.feeds = ofEach((name) => this.feedOf(name));
    this.policyInForce = this.feeds.policy.applied();
    this.writers = ofEach((name) => this.writerLease(name));
    this.reporter = options.reporter ?? this.kafkaReporter();
    const { bus, logger } = options;
    const report = () => this.report();
    this.pace = new ReportPace(report, () => this.clock.monotonicMs());
    const { topicNames } = this;
    const feeds = names.map((name) => ({ topic: topicNames[name], feed: { standAt: this.standAt.bind(this, name) } }));
    this.lease = new JointLogLease({ bus, feeds, report, clock: this.clock, logger });
  }

  /**
   * Creates missing topics, then reads from the beginning (or from `restored`). Resolves when reading has begun; may be
   * called again after it has rejected.
   */
  async start(): Promise<void> {
    const { bus, restored, identity, policy } = this.options;
    await bus.ensureTopics(Object.values(this.topics));
    if (restored && !this.isRestored) {
      identity.import(restored.chunks);
      policy.import(restored.chunks);
      this.isRestored = true;
    }
    for (const name of names) {
      if (this.begun.has(name)) continue;
      await this.feeds[name].start();
      this.begun.add(name);
    }
    void this.followUp();
  }

  /** Resolves when everything that was in both topics at the start is in force. Stays pending while it is not. */
  async ready(): Promise<void> {
    await Promise.all(names.map((name) => this.feeds[name].ready()));
  }

  /** Whether callers can be recognised at all: replayed, and no topic given up. */
  isReady(): boolean {
    return this.caughtUp && this.stopped === undefined;
  }

  /**
   * Whether what is applied here may be decided on; check it last. `staleServeSeconds` is the tenant's. `staleMs` is 0
   * when fresh, else how far the log lease is over, or how long a writer has been silent.
   */
  freshness(staleServeSeconds = 0): Freshness {
    return freshnessOf({
      isReady: this.isReady(),
      logOverdueMs: this.lease.overdueMs(),
      writers: names.map((name) => this.writers[name].look()),
      staleServeMs: staleServeSeconds * 1_000,
    });
  }

  /** How far what is decided on goes: a large revision counts when it has been compiled. */
  positions(): Readonly<Record<FeedName, Applied>> {
    return { identity: this.feeds.identity.applied(), policy: this.policyInForce };
  }

  /** Waits until a position of a service's store is in force here; `refused` at once if it is far above what exists. */
  waitForPosition(name: FeedName, position: number, timeoutMs: number): Promise<WaitOutcome> {
    const watermark = this.watermark(name)?.position ?? 0;
    return this.waiters[name].wait(position, timeoutMs, this.positions()[name].position, watermark);
  }

  /** What those need who follow the views on other threads, to decide alike; durations are of this moment. */
  standing(): FeedStanding {
    return {
      isReady: this.isReady(),
      logOverdueMs: this.lease.overdueMs(),
      writersSilentMs: ofEach((name) => this.writers[name].look().staleMs),
      watermarks: ofEach((name) => this.watermark(name)?.position ?? 0),
    };
  }

  /** For `/readyz` and metrics; nothing secret in it. */
  health() {
    const { serve: fresh, staleMs } = this.freshness();
    const [strays, stopped] = [ofEach((name) => this.feeds[name].strays()), this.stopped ?? null];
    return { ready: this.isReady(), fresh, staleMs, stopped, strays, alarms: this.options.policy.alarms().length };
  }

  /** A consistent copy of both views with their places, for a snapshot file; takes some 50 ms per million keys. */
  async exportState(): Promise<AccessState> {
    const identities = await this.options.bus.identify(names.map((name) => this.topicNames[name]));
    // From here on nothing waits: places and contents are of one moment.
    const applied = this.read();
    const topics = names.map((name) => {
      const found = identities.find(({ topic }) => topic === this.topicNames[name]);
      return {
        topic: this.topicNames[name],
        topicId: found?.topicId ?? null,
        clusterId: found?.clusterId ?? '',
        applied: applied[name],
        watermark: this.watermark(name),
      };
    });
    return { topics, chunks: [...this.options.identity.export(), ...this.options.policy.export()] };
  }

  /** Stops reading and sends the last report; gives up on a bus that does not answer after 2 s. Idempotent. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.pace.close();
    for (const name of names) this.waiters[name].close();
    const reading = names.map((name) => this.feeds[name].close(CLOSE_MS));
    await within(Promise.all([...reading, this.lease.close()]), CLOSE_MS);
    await within(this.reporter.stopped(this.appliedByTopic()), CLOSE_MS);
  }

  private async followUp(): Promise<void> {
    await this.ready();
    await this.options.policy.settled();
    this.policyInForce = this.feeds.policy.applied();
    if (this.closed) return;
    this.caughtUp = true;
    this.lease.keepRenewing();
  }

  private async report(): Promise<void> {
    const applied = this.appliedByTopic();
    await this.options.inForceElsewhere?.();
    await this.reporter.report(applied);
  }

  private get topics() {
    const { identityState, policyState, gatewayReplicas } = contractTopics;
    return this.options.topics ?? { identityState, policyState, replicas: gatewayReplicas };
  }

  private feedOf(name: FeedName): StateFeed {
    const { bus, busKey, replica, logger } = this.options;
    const topic = this.topicNames[name];
    const from = this.restoredTopic(name);
    return new StateFeed({
      bus,
      topic,
      reader: `access.${replica}`,
      macKey: deriveMacKey(busKey),
      clock: this.clock,
      // Revisions come in bursts, a pipeline's for instance. What ends a credential is never held up.
      gatherMs: name === 'policy' ? POLICY_GATHER_MS : 0,
      places: name === 'identity' ? this.options.identity : this.options.policy.places,
      apply: (key, value) => this.apply(name, key, value),
      onAdvance: (applied) => (name === 'policy' ? this.onPolicy(applied) : this.onInForce(name, applied)),
      onStray: (stray: Stray) =>
        logger.warn({ ...stray, offset: String(stray.offset) }, 'a state record was not applied'),
      onIncident: (incident) => this.onIncident(incident),
      ...(from ? { applied: from.applied } : {}),
      ...(from?.topicId ? { topicId: from.topicId } : {}),
    });
  }

  private onInForce(name: FeedName, { position }: Applied): void {
    this.waiters[name].advance(position);
    // Writers speak each second, and mostly say that nothing is new: the lease's own report says as much.
    if (this.told[name] === position || !this.caughtUp) return;
    this.told[name] = position;
    this.pace.touch();
  }

  /** Nothing is said to be in force before it decides. */
  private onPolicy(applied: Applied): void {
    if (this.options.policy.isSettled) {
      this.policyInForce = applied;
      return this.onInForce('policy', applied);
    }
    if (this.isSettling) return;
    this.isSettling = true;
    void this.settle();
  }

  private async settle(): Promise<void> {
    await this.options.policy.settled();
    this.isSettling = false;
    this.onPolicy(this.feeds.policy.applied());
  }

  private async standAt(name: FeedName, end: bigint, timeoutMs?: number): Promise<void> {
    await this.feeds[name].standAt(end, timeoutMs);
    if (name === 'policy') await this.options.policy.settled();
  }

  /** How far the topics were read, whether or not it decides already. */
  private read(): Readonly<Record<FeedName, Applied>> {
    return ofEach((name) => this.feeds[name].applied());
  }

  private apply(name: FeedName, key: string, value: Buffer | null): void {
    try {
      if (name === 'identity') this.options.identity.apply(key, value);
      else this.options.policy.apply(key, value);
    } catch (error) {
      this.stop(error instanceof UnreadableStateKey ? `${name}: unreadable key` : `${name}: a record broke the view`);
      throw error;
    }
  }

  private onIncident({ kind, topic, detail }: ReplayIncident): void {
    this.options.logger.error({ kind, topic, detail }, 'an incident on a state topic');
    if (kind === 'end-moved-back' || kind === 'another-incarnation') this.stop(`${topic ?? 'state'}: ${kind}`);
  }

  /** Nothing is decided on a topic that is not believed any more. */
  private stop(why: string): void {
    this.stopped ??= why;
    void this.lease.close();
    this.options.logger.error({ why }, 'a state topic is not followed any more');
  }

  /** A restored replica knows when the writer last spoke, although it does not read that record again. */
  private writerLease(name: FeedName): WriterLease {
    const restored = this.restoredTopic(name)?.watermark;
    const age = new WatermarkAge(this.clock);
    if (restored) age.take(restored);
    return new WriterLease(() => (this.feeds[name].watermark() ? this.feeds[name].watermarkAgeMs() : age.ageMs()));
  }

  private watermark(name: FeedName): Watermark | null {
    return this.feeds[name].watermark() ?? this.restoredTopic(name)?.watermark ?? null;
  }

  private restoredTopic(name: FeedName) {
    return this.options.restored?.topics.find(({ topic }) => topic === this.topicNames[name]);
  }

  private appliedByTopic(): Readonly<Record<string, Applied>> {
    const applied = this.positions();
    return Object.fromEntries(names.map((name) => [this.topicNames[name], applied[name]]));
  }

  private kafkaReporter(): KafkaReplicaReporter {
    const { bus, busKey, service, replica } = this.options;
    const own = { bus, busKey, service, replica, boot: this.boot, topic: this.topics.replicas.name };
    return new KafkaReplicaReporter({ ...own, nowMs: () => this.clock.wallMs() });
  }
}

import type { CredentialShare, FeedStanding } from '#libs/access';
import type { AddressInfo } from 'node:net';
import type { Logger } from '#libs/telemetry';
import type { GatewaySettings } from '../gateway.config.js';
import type { GatewayTopics } from '../gateway-topics.js';
import { ServingThread, type ServingThreadOptions } from './serving-thread.js';
import { threadsMs, type Positions, type StateNews } from './thread-messages.js';

/** How often threads are told how the leases stand, ms; those last thousands. */
const STANDING_EVERY_MS = 200;

export type ServingThreadsOptions = {
  readonly settings: GatewaySettings;
  readonly topics: GatewayTopics;
  readonly logger: Pick<Logger, 'error' | 'fatal'>;
};
/** Has the framework answer, which runs on the main thread alone. */
export type Forward = ServingThreadOptions['forward'];
type Start = {
  readonly share: CredentialShare | undefined;
  readonly forward: Forward;
  /** How the feed stands now; undefined before there is one. */
  readonly standing: () => FeedStanding | undefined;
};

/** Of a process of which one thread is gone: its supervisor starts it again, whole. */
const EXIT_CODE = 70;

/** All serving threads but the main one, which feeds them with what it applies. */
export class ServingThreads {
  private threads: readonly ServingThread[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: ServingThreadsOptions) {}

  /** Before anything is applied: what they begin with is nothing. */
  start({ share, forward, standing }: Start): void {
    const { settings, topics, logger } = this.options;
    if (!share) throw new TypeError('Keys are not in shared memory.');
    const onDeath = () => this.die();
    const data = { settings, topics, share };
    const count = settings.GATEHOUSE_SERVING_THREADS - 1;
    const name = (n: number) => `serving-${n + 2}`;
    this.threads = Array.from(
      { length: count },
      (_, n) => new ServingThread({ data, name: name(n), logger, forward, onDeath }),
    );
    this.timer = setInterval(() => this.hear(standing()), STANDING_EVERY_MS).unref();
  }

  isReady(): boolean {
    return this.threads.every(({ isReady }) => isReady);
  }

  /** Passes on what was applied. */
  tell(state: StateNews): void {
    for (const thread of this.threads) thread.send({ state });
  }

  /** Resolves when everything that was told so far decides on every thread; pending where one does not answer. */
  async inForce(positions: Positions): Promise<void> {
    await Promise.all(this.threads.map((thread) => thread.order({ do: 'inForce', positions })));
  }

  /** On the address that the main thread listens on; the system shares connections out among all of them. */
  async listen({ address: host, port }: AddressInfo): Promise<void> {
    try {
      await Promise.all(this.threads.map((thread) => thread.order({ do: 'listen', host, port })));
    } catch (error) {
      this.die(error);
    }
  }

  /** The metrics of each, as text. */
  metrics(): Promise<string[]> {
    return Promise.all(this.threads.map((thread) => thread.order({ do: 'tellMetrics' })));
  }

  /** Resolves when none of them has a call under way, nor takes another. */
  async drain(): Promise<void> {
    await Promise.all(this.threads.map((thread) => thread.drain()));
  }

  /** Idempotent. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    const { threads } = this;
    this.threads = [];
    await Promise.all(threads.map((thread) => thread.close()));
  }

  /** Nothing half alive. Records are on disk; the next start closes the calls that were under way as interrupted. */
  private die(error?: unknown): never {
    this.options.logger.fatal({ err: error }, 'a serving thread is gone, and so is the process');
    process.exit(EXIT_CODE);
  }

  private hear(standing: FeedStanding | undefined): void {
    if (!standing) return;
    for (const thread of this.threads) thread.send({ standing, atMs: threadsMs() });
  }
}

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { receiveMessageOnPort } from 'node:worker_threads';
import { FollowingFeed, FollowingIdentityView, MasterKey, PolicyView, type FeedStanding } from '#libs/access';
import { answerUnreadable, REQUEST_TIMES } from '#libs/http';
import { openResources, type Resources } from '#libs/service';
import { Metrics } from '#libs/telemetry';
import { ContentKeyTable } from '../contents/content-key-table.js';
import { Serving } from '../serving.js';
import { UpstreamCredentials } from '../upstreams/upstream-credentials.js';
import { FrameworkElsewhere } from './framework-elsewhere.js';
import {
  threadsMs,
  type FromThread,
  type Order,
  type ServingThreadData,
  type StateNews,
  type ToThread,
} from './thread-messages.js';
import { UntakenBytes } from './untaken-bytes.js';

/** It looks whenever it hears how the leases stand; this is for when it hears nothing any more. */
const READY_LOOK_MS = 1_000;
const IDLE_SWEEP_MS = 50;

/**
 * A serving thread from within: views that follow those of the main thread, and everything else that serving takes. What
 * it is told stands in the port until its event loop gets there, or until shared memory names something of it.
 */
export class ServedThread {
  private readonly identity: FollowingIdentityView;
  private readonly policy: PolicyView;
  private readonly credentials: UpstreamCredentials;
  private readonly contentKeys = new ContentKeyTable();
  private readonly feed = new FollowingFeed(threadsMs);
  private readonly metrics = new Metrics();
  private readonly server: Server;
  private readonly framework: FrameworkElsewhere;
  private readonly serving: Serving;
  private readonly untaken: UntakenBytes;
  private readonly looking: NodeJS.Timeout;
  private idle: NodeJS.Timeout | undefined;
  private saidReady = false;

  static async open(data: ServingThreadData): Promise<ServedThread> {
    const resources = await openResources('gateway', data.settings, data.topics.decisions);
    const thread = new ServedThread(data, resources);
    await thread.serving.start();
    return thread;
  }

  private constructor(
    private readonly data: ServingThreadData,
    private readonly resources: Resources,
  ) {
    const { settings, topics, share, port, taken } = data;
    this.untaken = new UntakenBytes(taken);
    const { logger, clock } = resources;
    this.identity = new FollowingIdentityView(
      () => clock.nowMs(),
      share,
      () => this.catchUp(),
    );
    this.policy = new PolicyView({ onAlarm: (alarm) => logger.error({ alarm }, 'a policy is not put in force') });
    this.credentials = new UpstreamCredentials(MasterKey.parse(settings.GATEHOUSE_MASTER_KEY));
    const { identity, policy, credentials, contentKeys } = this;
    this.serving = new Serving({ resources, settings, topics, identity, policy, credentials, contentKeys });
    this.framework = new FrameworkElsewhere((forward, number) => this.say({ forward, number }));
    this.server = createServer(REQUEST_TIMES, (request: IncomingMessage, response: ServerResponse) => {
      this.framework.handle(request, response);
    });
    this.server.on('clientError', answerUnreadable);
    this.serving.serve(this.server, this.metrics, {
      isReady: () => this.isReady(),
      freshness: (staleServeSeconds) => this.feed.freshness(staleServeSeconds),
      positions: () => this.feed.positions(),
      waitForPosition: (...asked) => this.feed.waitForPosition(...asked),
    });
    port.on('message', (message: ToThread) => this.take(message));
    this.looking = setInterval(() => this.lookReady(), READY_LOOK_MS);
  }

  private isReady(): boolean {
    return this.feed.isReady() && this.serving.isReady();
  }

  private lookReady(): void {
    const ready = this.isReady() && this.feed.freshness().serve && this.server.listening;
    if (ready !== this.saidReady) this.say({ ready });
    this.saidReady = ready;
  }

  private catchUp(): void {
    const { port } = this.data;
    for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) {
      this.take(next.message as ToThread);
    }
  }

  private take(message: ToThread): void {
    this.untaken.take(message);
    if ('state' in message) this.takeState(message.state);
    else if ('standing' in message) this.hear(message.standing, message.atMs);
    else if ('forwarded' in message) this.framework.take(message.forwarded, message.answer);
    else void this.obey(message.order, message.number);
  }

  private hear(standing: FeedStanding, atMs: number): void {
    this.feed.hear(standing, atMs);
    this.lookReady();
  }

  private takeState(state: StateNews): void {
    switch (state.view) {
      case 'identity':
        return this.identity.take(state.news);
      case 'policySnapshot':
        return this.policy.import(state.chunks.map(({ name, bytes }) => ({ name, bytes: Buffer.from(bytes) })));
      case 'policy':
        return this.policy.apply(state.key, state.value && Buffer.from(state.value));
      case 'secrets':
        return this.credentials.apply(state.key, state.value && Buffer.from(state.value));
      case 'contentKeys':
        return this.contentKeys.apply(state.key, state.value && Buffer.from(state.value));
    }
  }

  private async obey(order: Order, done: number): Promise<void> {
    try {
      this.say({ done, value: await this.does(order) });
    } catch (error) {
      this.say({ done, fault: error instanceof Error ? error.message : String(error) });
    }
    if (order.do === 'close') this.data.port.close();
  }

  private async does(order: Order): Promise<string> {
    switch (order.do) {
      case 'inForce':
        await this.policy.settled();
        this.feed.advance(order.positions);
        return '';
      case 'listen':
        await this.listen(order.host, order.port);
        return '';
      case 'tellMetrics':
        return this.metrics.render();
      case 'drain':
        this.server.close();
        this.idle = setInterval(() => this.server.closeIdleConnections(), IDLE_SWEEP_MS);
        await this.serving.drain();
        return '';
      case 'close':
        await this.close();
        return '';
    }
  }

  private listen(host: string, port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen({ host, port, reusePort: true }, resolve);
    });
  }

  private async close(): Promise<void> {
    clearInterval(this.looking);
    this.server.close();
    this.server.closeAllConnections();
    clearInterval(this.idle);
    this.feed.close();
    await this.serving.close();
    await this.resources.close();
  }

  private say(message: FromThread): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    this.data.port.postMessage(message);
  }
}

import type { Logger } from '#libs/telemetry';
import { Publisher } from './publisher.js';
import type { PublisherOptions } from './publisher-options.js';

/** A publisher at work, on whatever thread. */
export type PublisherRun = {
  /** Publishes what is appended for at most `timeoutMs`, then ends. */
  stop(timeoutMs: number): Promise<void>;
};

/** On this thread: where a spec brings its own sink. A failure is final and logged. */
export class PublisherHere implements PublisherRun {
  private readonly publisher: Publisher;
  private readonly running: Promise<void>;

  constructor(options: PublisherOptions, logger: Logger) {
    this.publisher = new Publisher(options);
    this.running = this.publisher.run().catch((error: unknown) => {
      logger.error({ err: error }, 'the publisher of decision records failed');
    });
  }

  async stop(timeoutMs: number): Promise<void> {
    this.publisher.stop(timeoutMs);
    await this.running;
  }
}

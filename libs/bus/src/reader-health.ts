/** How a reader is doing. A reader that is `running` with a small `loopAgeMs` is reading, even if nothing arrives. */
export type ReaderHealth = {
  readonly state: 'starting' | 'running' | 'restarting' | 'closed';
  /** Milliseconds since the fetch loop last turned; grows while a handler runs, during an outage, and when wedged. */
  readonly loopAgeMs: number;
  /** How often the reader was started again after a crash or a wedged loop. */
  readonly restarts: number;
  /** Consecutive failures of the handler; 0 when the last delivery succeeded. */
  readonly handlerFailures: number;
  /** The last error's name and message, as kept for operators. */
  readonly lastError: string | null;
  /** Topics that were stopped for good: their log is no longer the one that was being read. */
  readonly stoppedTopics: readonly string[];
};

/** Which topics a pause or resume means; absent: all. */
export type TopicChoice = readonly string[] | undefined;

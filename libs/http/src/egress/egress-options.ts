/** Bounds of one request; each has a default. */
export type EgressLimits = {
  /** Connections kept per origin. */
  readonly connectionsMax?: number;
  readonly connectTimeoutMs?: number;
};

export type EgressRequest = {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** From the first byte sent to the last received; 10 s unless given. */
  readonly timeoutMs?: number;
  /** Largest answer; 1 MiB unless given. */
  readonly bytesMax?: number;
};

export type EgressAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
};

/** What a call used, as its upstream reported it or as it was estimated. Whole numbers, never negative. */
export type TokenUsage = {
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
};

/** A provider as data: where its operations are, how it takes its key, how it reports usage. */
export type Provider = {
  /** `gen_ai.provider.name` when the account names no other. */
  readonly name: string;
  /** Below the account's base URL, by `request.operation`. */
  readonly paths: Readonly<Record<string, string>>;
  /** Headers of every call, name and value in turn. Some upstreams, on a machine of one's own, want no credential. */
  headers(credential: string | undefined): readonly string[];
  /** Undefined where the figures are missing or cannot be true. */
  usage(reported: unknown): TokenUsage | undefined;
};

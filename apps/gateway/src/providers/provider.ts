import type { Translation } from './translation.js';

/** What a call used, as its upstream reported it or as it was estimated. Whole numbers, never negative. */
export type TokenUsage = {
  /** All of them, those that a cache was read or written for among them. */
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly cacheWriteTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
};

/**
 * How the answers of an endpoint tell of themselves: where usage stands, and what ends a stream. `media` and `transcript`
 * need not be JSON.
 */
export type AnswerForm = 'completions' | 'responses' | 'messages' | 'plain' | 'media' | 'transcript';

/** One operation of a provider. */
export type Endpoint = {
  /** Below the account's base URL. */
  readonly path: string;
  readonly form: AnswerForm;
  /** Where the upstream has the operation in another dialect; it is what `form` says. */
  readonly translation?: Translation;
  /** Undefined where the figures are missing or cannot be true. */
  usage(reported: unknown): TokenUsage | undefined;
};

/** What of a model's document tells where it is called. */
export type ModelAddress = { readonly upstreamModel: string; readonly apiVersion: string | undefined };

/** A provider as data: where its operations are, how it takes its key, how it reports usage. */
export type Provider = {
  /** `gen_ai.provider.name` when the account names no other. */
  readonly name: string;
  /** By the id of the route; what is missing is not offered. */
  readonly endpoints: Readonly<Record<string, Endpoint>>;
  /** What of an endpoint's path hangs on the model, with its query; undefined where the model can be in none. */
  pathOf?(endpoint: Endpoint, model: ModelAddress): string | undefined;
  /** Headers of every call but its content's, name and value in turn. Some upstreams, on a machine of one's own, want no credential. */
  headers(credential: string | undefined): readonly string[];
  /** Headers that pass on as the caller sent them; in lower case, with what is sent where the caller sent none. */
  readonly passing?: Readonly<Record<string, string | undefined>>;
};

import type { AccessFeed, CredentialShare, FeedStanding, IdentityNews } from '#libs/access';
import type { MessagePort } from 'node:worker_threads';
import type { GatewaySettings } from '../gateway.config.js';
import type { GatewayTopics } from '../gateway-topics.js';

/** What a serving thread is started with. */
export type ServingThreadData = {
  readonly settings: GatewaySettings;
  readonly topics: GatewayTopics;
  readonly share: CredentialShare;
  /** Everything between the two threads goes over it, in order. */
  readonly port: MessagePort;
  /** Of `UntakenBytes`. */
  readonly taken: SharedArrayBuffer;
};

/** Verified records as they were applied, in their order. */
export type StateNews =
  | { readonly view: 'identity'; readonly news: IdentityNews }
  | { readonly view: 'policy' | 'secrets' | 'contentKeys'; readonly key: string; readonly value: Uint8Array | null }
  | { readonly view: 'policySnapshot'; readonly chunks: readonly { name: string; bytes: Uint8Array }[] };

export type Positions = ReturnType<AccessFeed['positions']>;

/** What the thread is to do; it answers each. */
export type Order =
  | { readonly do: 'inForce'; readonly positions: Positions }
  | { readonly do: 'listen'; readonly host: string; readonly port: number }
  | { readonly do: 'tellMetrics' }
  | { readonly do: 'drain' }
  | { readonly do: 'close' };

/** A request for the framework, which runs on the main thread alone. */
export type Forwarded = {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly remoteAddress: string;
};
export type ForwardedAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | number | undefined>>;
  readonly body: Uint8Array;
};

export type ToThread =
  | { readonly state: StateNews }
  /** `atMs`: by the clock that all threads share. */
  | { readonly standing: FeedStanding; readonly atMs: number }
  | { readonly order: Order; readonly number: number }
  | { readonly forwarded: number; readonly answer: ForwardedAnswer };
export type FromThread =
  | { readonly done: number; readonly value?: string; readonly fault?: string }
  | { readonly ready: boolean }
  | { readonly forward: Forwarded; readonly number: number };

/** Monotonic, ms; the same in all threads of a process, which `performance.now()` is not. */
export function threadsMs(): number {
  return performance.now() + offsetMs;
}
const offsetMs = Number(process.hrtime.bigint()) / 1e6 - performance.now();

import type { Bus } from '#libs/bus';
import type { Service } from '#libs/contracts';
import type { DecisionSpool } from '#libs/spool';
import type { AccessFeedOptions } from './feed/access-feed-options.js';
import type { Peppers } from './keys/peppers.js';

/** What an application gives to `AccessModule`. */
export type AccessModuleOptions = {
  readonly service: Service;
  /** Unique over all services and replicas; the spool must have the same. */
  readonly replica: string;
  /** Both stay open until after `app.close()`: whoever made them closes them. */
  readonly bus: Bus;
  readonly spool: Pick<DecisionSpool, 'append' | 'appendUnverified' | 'durable'>;
  /** At least 32 bytes. */
  readonly busKey: Uint8Array;
  readonly peppers: Peppers;
  /** Where this service is reached, without a slash at the end: what tokens must be for. */
  readonly publicUrl: string;
  /** Paths that stand before the framework and record for themselves; health and metrics need not be named. */
  readonly rawPaths?: readonly string[];
} & Pick<AccessFeedOptions, 'topics' | 'restored' | 'reporter'>;

/** Injection token of {@link AccessModuleOptions}. */
export const ACCESS_OPTIONS = Symbol('access options');

import type { Service } from '../parts/service-environment.js';
import type { Narrator } from '../process/supervised-part.js';
import type { Seeder } from '../seed/seeder.js';

export type StackOptions = {
  /** Where all data, logs and secrets are kept; made when it is not there. */
  readonly home: string;
  /** See `portsOf`; the usual ports when left out. */
  readonly portBase?: number | undefined;
  /** Replicas of the gateway, 1 to 7; 1 unless given. */
  readonly gateways?: number;
  /** Replace the embedded parts, which are then not started. */
  readonly databaseUrl?: string | undefined;
  readonly kafkaBrokers?: readonly string[] | undefined;
  readonly clickhouseUrl?: string | undefined;
  /** Added to the clock of every service. */
  readonly clockOffsetSeconds?: number;
  /** Further variables for every service. */
  readonly serviceEnv?: Readonly<Record<string, string>>;
  /** Further variables for one replica, by its name (`gateway-2`). */
  readonly replicaEnv?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Scripts in place of the services of `dist`, for tests of the stack itself. */
  readonly entries?: Partial<Readonly<Record<Service, string>>>;
  /** Puts the demo in, once everything is ready. */
  readonly seed?: Seeder;
  /** Hears what happens, one line at a time. */
  readonly say?: Narrator;
  /** Gives up a start that is under way; what was started is stopped. */
  readonly signal?: AbortSignal;
};

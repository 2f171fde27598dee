import type { Glob, IpNetwork, ResourcePattern } from '#libs/policy-language';
import type { Conditions } from '../conditions/conditions.js';

/** A statement of a key, independent of any tenant's catalogue. */
export type KeyStatement = {
  readonly actions: ReadonlySet<number>;
  readonly reach: readonly (readonly ResourcePattern[])[];
  readonly conditions: Conditions;
};

/** What a key is narrowed to, taken apart once. Each part that is there must allow. */
export type CompiledRestrictions = {
  /** Set for what could not be read: it permits nothing. */
  readonly unreadable: boolean;
  readonly models: readonly Glob[] | undefined;
  readonly accounts: readonly Glob[] | undefined;
  readonly environments: ReadonlySet<string> | undefined;
  readonly operations: ReadonlySet<string> | undefined;
  readonly networks: readonly IpNetwork[] | undefined;
  readonly statements: readonly KeyStatement[] | undefined;
};

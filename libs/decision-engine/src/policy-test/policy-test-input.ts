import type { PolicyDocument, PolicyTest } from '#libs/policy-language';
import type { Principal } from '../request.js';
import type { TenantSnapshot } from '../snapshot/tenant-snapshot.js';

/** What tests are run on. */
export type PolicyTestInput = {
  readonly tests: readonly PolicyTest[];
  /** The set with the bundle applied. */
  readonly snapshot: TenantSnapshot;
  /** The bundle's own documents: their statements are what coverage counts. */
  readonly documents: readonly PolicyDocument[];
  /** The set in force, for `noNewAccessSince: current`; without one that invariant cannot be shown. */
  readonly current?: TenantSnapshot | undefined;
  /** Whom invariants are checked for besides those that documents and tests name. */
  readonly principals?: readonly Principal[];
  /** The time where a test names none, ms since 1970. */
  readonly nowMs: number;
  /** `TEST_DECISIONS_MAX` unless given. */
  readonly decisionsMax?: number | undefined;
};

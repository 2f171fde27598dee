import type { Service } from '#libs/contracts';
import { ENGINE_VERSION } from '#libs/decision-engine';
import type { DecisionSpool } from '#libs/spool';
import { accessDecided } from './access-decided.js';
import type { DecisionEntry } from './decision-entry.js';

/**
 * Writes each decision as one `access.decided` into the service's spool: an allowed one before its effect, a refused one
 * before the refusal is sent. `httpStatus` is that of the refusal; of an allowed request it is what a success of its
 * route answers, as the real one is not known yet. The same in every service and in the gateway.
 */
export class DecisionLog {
  constructor(
    private readonly spool: Pick<DecisionSpool, 'append' | 'appendUnverified' | 'durable'>,
    private readonly service: Service,
  ) {}

  /** A decision about a verified caller. Throws `SpoolUnwritable` when it cannot be kept: then it must not take effect. */
  record(entry: DecisionEntry): void {
    this.spool.append(accessDecided(entry, this.service, ENGINE_VERSION));
  }

  /**
   * A refusal without a verified credential. Never throws: a flood of them is folded into counted records and stops
   * nobody. Answers the decision id that the caller is to be told.
   */
  recordUnverified(entry: DecisionEntry): string {
    const { count: _, ...record } = accessDecided(entry, this.service, ENGINE_VERSION);
    return this.spool.appendUnverified(record).decisionId;
  }

  /** Resolves when everything recorded so far is on disk; for tenants whose `auditMode` is strict. */
  durable(): Promise<void> {
    return this.spool.durable();
  }
}

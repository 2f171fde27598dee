import type { LabelledCounter } from '#libs/telemetry';
import type { RelayOutcome } from '../relay/relay-outcome.js';

type Series = ReturnType<LabelledCounter['of']>;

/** Counts the ends of calls by outcome and operation, both of a closed list. */
export class EndedCalls {
  private readonly series = new Map<string, Map<string, Series>>();

  constructor(private readonly counter: Pick<LabelledCounter, 'of'>) {}

  add(outcome: RelayOutcome['outcome'], operation: string): void {
    (this.series.get(operation)?.get(outcome) ?? this.found(outcome, operation)).add();
  }

  private found(outcome: string, operation: string): Series {
    const found = this.counter.of({ outcome, operation });
    const byOutcome = this.series.get(operation) ?? new Map<string, Series>();
    this.series.set(operation, byOutcome.set(outcome, found));
    return found;
  }
}

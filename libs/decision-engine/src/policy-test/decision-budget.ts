/** Decisions that one run of tests makes at most, some microseconds each; further ones fail what they are for. */
export const TEST_DECISIONS_MAX = 1_000_000;

/** How many decisions a run may still make. */
export class DecisionBudget {
  private left: number;

  constructor(private readonly decisionsMax = TEST_DECISIONS_MAX) {
    this.left = decisionsMax;
  }

  take(): boolean {
    return this.left > 0 && this.left-- > 0;
  }

  /** What is said of a result that the budget did not reach for. */
  get exhausted(): string {
    return `not shown: the tests take more than ${this.decisionsMax} decisions`;
  }
}

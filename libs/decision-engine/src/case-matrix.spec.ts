import { describe, expect, it } from 'vitest';
import { readMatrices, requestOf, snapshotOf } from './case-matrix.fixture.js';
import { decide } from './index.js';

for (const matrix of readMatrices()) {
  describe(matrix.rule, () => {
    const snapshot = snapshotOf(matrix);
    for (const given of matrix.cases) {
      it(given.name, () => {
        const { allowed, code, reason, statements, boundaries, missing } = decide(snapshot, requestOf(matrix, given));
        const { expected } = given;
        expect({
          decision: allowed ? 'allow' : 'deny',
          reason,
          code: code ?? undefined,
          by: statements,
          boundaries,
          missing,
        }).toEqual({
          by: [],
          boundaries: [],
          missing: [],
          ...expected,
          code: expected.code ?? (expected.decision === 'allow' ? undefined : 'model_not_allowed'),
        });
      });
    }
  });
}

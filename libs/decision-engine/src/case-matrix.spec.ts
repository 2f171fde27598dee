import { describe, expect, it } from 'vitest';
import { readMatrices, requestOf, snapshotOf } from './case-matrix.fixture.js';
import { decide } from './index.js';

describe.each(readMatrices())('$rule', (matrix) => {
  const snapshot = snapshotOf(matrix);

  it.each(matrix.cases)('$name', (given) => {
    const { allowed, code, reason, statements, boundaries, missing } = decide(snapshot, requestOf(matrix, given));
    const decision = allowed ? 'allow' : 'deny';
    const { expected } = given;
    expect({ decision, reason, code: code ?? undefined, by: statements, boundaries, missing }).toEqual({
      by: [],
      boundaries: [],
      missing: [],
      ...expected,
      code: expected.code ?? (expected.decision === 'allow' ? undefined : 'model_not_allowed'),
    });
  });
});

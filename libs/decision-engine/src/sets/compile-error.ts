import { documentId, type PolicyDocument } from '#libs/policy-language';

/** A set that cannot be compiled. Whoever holds an earlier snapshot keeps it, and says so. */
export class CompileError extends Error {
  override readonly name = 'CompileError';

  constructor(
    /** `Kind/name`. */
    readonly document: string,
    problem: string,
  ) {
    super(`${document}: ${problem}`);
  }
}

/** Says which document a problem is in. */
export function inDocument<Made>(document: PolicyDocument, work: () => Made): Made {
  try {
    return work();
  } catch (error) {
    if (error instanceof TypeError) throw new CompileError(documentId(document), error.message);
    throw error;
  }
}

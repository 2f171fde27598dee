/** Whole codes first; they win over the reasons below. */
const statusOfCode: Readonly<Record<string, number>> = {
  'concurrency/conflict': 409,
  'precondition/failed': 412,
  'precondition/required': 428,
  'idempotency/in-progress': 409,
  'idempotency/key-reused': 422,
};

/** By what stands behind the slash, whichever thing it is about. */
const statusOfReason: Readonly<Record<string, number>> = {
  'not-found': 404,
  unknown: 404,
  invalid: 422,
  'not-allowed': 403,
  forbidden: 403,
  'too-large': 413,
  unavailable: 503,
};

/** What a domain refusal is when no table knows it: the command was well formed, the thing's state forbids it. */
const CONFLICT = 409;

/**
 * The HTTP status of a domain error's code `<thing>/<reason>`. `own` are a service's exact codes, which win.
 */
export function statusOf(code: string, own: Readonly<Record<string, number>> = {}): number {
  const reason = code.slice(code.indexOf('/') + 1);
  return own[code] ?? statusOfCode[code] ?? statusOfReason[reason] ?? CONFLICT;
}

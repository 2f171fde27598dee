import { refusalStatus, type RefusalCode } from '#libs/contracts';

/** One mistake in what was sent. `pointer` is a JSON pointer into the body; queries and bundles name other places. */
export type ProblemItem = Readonly<Record<string, string | number>>;

/** Most items of `errors` that an answer carries. */
export const PROBLEM_ITEMS_MAX = 64;
/** Parts of a path that a pointer tells. */
export const PATH_PARTS_MAX = 32;

/**
 * An answer that is not a success, to be thrown. Everything in it is public; what must not be told goes into `cause`,
 * which is logged when the status is 500 or above and never sent.
 */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly errors: readonly ProblemItem[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    detail: string,
    more: {
      readonly errors?: readonly ProblemItem[];
      readonly headers?: Readonly<Record<string, string>>;
      readonly cause?: unknown;
    } = {},
  ) {
    super(detail, more.cause === undefined ? undefined : { cause: more.cause });
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.errors = (more.errors ?? []).slice(0, PROBLEM_ITEMS_MAX);
    this.headers = more.headers ?? {};
  }
}

/** A problem of any status and code; `detail` and `errors` are public. */
export function problem(
  status: number,
  code: string,
  detail: string,
  errors: readonly ProblemItem[] = [],
): ProblemError {
  return new ProblemError(status, code, detail, { errors });
}

/** A problem with one of the refusal codes of contracts, whose status is fixed there. */
export function refusal(
  code: RefusalCode,
  detail: string,
  more: { readonly errors?: readonly ProblemItem[]; readonly headers?: Readonly<Record<string, string>> } = {},
): ProblemError {
  return new ProblemError(refusalStatus[code], code, detail, more);
}

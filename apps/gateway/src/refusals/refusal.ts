import type { DecisionReason, RefusalCode } from '#libs/contracts';

/** Why a step ended the pipeline: what the caller sees, and the finer reason that is recorded. */
export class Refusal {
  constructor(
    readonly code: RefusalCode,
    readonly reason: DecisionReason,
    readonly message: string,
    /** The field of the request it is about, for callers that show it. */
    readonly param: string | null = null,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {}
}

/** A request that is wrong in itself, whoever sent it. */
export function badRequest(code: RefusalCode, message: string, param: string | null = null): Refusal {
  return new Refusal(code, 'invalid_request', message, param);
}

import { refusalStatus, type DecisionReason, type RefusalCode } from '#libs/contracts';

/** Refusals, and the one answer that is nobody's decision: a defect of the gateway. */
export type AnswerCode = RefusalCode | 'internal_error';

export function statusOfCode(code: AnswerCode): number {
  return code === 'internal_error' ? 500 : refusalStatus[code];
}

/** Why a step ended the pipeline: what the caller sees, and the finer reason that is recorded. */
export class Refusal {
  constructor(
    readonly code: AnswerCode,
    readonly reason: DecisionReason,
    readonly message: string,
    /** The field of the request it is about, for callers that show it. */
    readonly param: string | null = null,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {}
}

/** What one target cannot do for this request, and another might. */
export class TargetRefusal extends Refusal {}

/** What a limit does not let through, and may be led elsewhere. */
export class LimitRefusal extends Refusal {
  constructor(
    code: AnswerCode,
    reason: DecisionReason,
    message: string,
    headers: Readonly<Record<string, string>>,
    /** `Limits/<document>/<rule>`. */
    readonly rule: string,
    /** The Route that leads on, by its name. */
    readonly overflow: string | undefined,
  ) {
    super(code, reason, message, null, headers);
  }
}

/** A request that is wrong in itself, whoever sent it. */
export function badRequest(code: RefusalCode, message: string, param: string | null = null): Refusal {
  return new Refusal(code, 'invalid_request', message, param);
}

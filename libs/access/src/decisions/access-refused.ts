import { refusalStatus, type DecisionReason, type RefusalCode } from '#libs/contracts';
import { HttpException } from '@nestjs/common';
import { refusalDetail } from './refusal-detail.js';

/**
 * A refused request. Its body is a problem (RFC 9457) that depends on the code alone; `reason` is for audit and logs.
 * It has been recorded by the time it is thrown.
 */
export class AccessRefused extends HttpException {
  constructor(
    readonly code: RefusalCode,
    readonly reason: DecisionReason,
    /** What the answer carries as `gatehouse-decision-id`. */
    readonly decisionId: string,
  ) {
    super({ code, detail: refusalDetail(code) }, refusalStatus[code]);
  }
}

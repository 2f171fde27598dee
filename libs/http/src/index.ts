export { startService, type RunningService } from './service/start-service.js';
export { createService, REQUEST_TIMES } from './service/create-service.js';
export { BODY_BYTES_DEFAULT, type ServiceOptions } from './service/service-options.js';
export { Readiness, type ReadyAnswer, type ReadyCheck } from './service/readiness.js';
export { RoutePaths, type ServedRoute } from './service/route-paths.js';
export { requestIdOf } from './service/request-id.js';
export { answerUnreadable } from './service/unreadable-request.js';
export { nameTwiceIn } from './json/name-twice.js';
export { pointerTo } from './json/pointer.js';
export { serveHealth } from './service/health-routes.js';
export { STOP_TIMEOUT_MS, stopOnSignals, type ShutdownOptions } from './service/shutdown.js';
export { HttpModule } from './http.module.js';
export { problem, PROBLEM_ITEMS_MAX, ProblemError, refusal, type ProblemItem } from './problems/problem.js';
export { problemBody, problemHeaders, PROBLEM_CONTENT_TYPE } from './problems/problem-body.js';
export { problemOf } from './problems/problem-of.js';
export { statusOf } from './problems/status-of.js';
export { StrictValidationPipe } from './problems/strict-validation.js';
export {
  answer,
  Answer,
  MIN_POSITION_HEADER,
  parsePosition,
  POSITION_HEADER,
  positionText,
  type AnswerOptions,
} from './answers/answer.js';
export { etagOf, expectedVersion, IfMatch, isConditional } from './answers/etag.js';
export { Answers, answersOf, type RouteAnswers } from './openapi/answers.js';
export { decodeCursor, encodeCursor, numberIn, type CursorParts } from './lists/cursor.js';
export { page, PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX, pageQuery, PageQuery, type Page } from './lists/page.js';
export {
  IDEMPOTENCY_KEPT_MS,
  IDEMPOTENCY_LEASE_MS,
  IdempotencyStore,
  type ClaimResult,
  type IdempotencyClaim,
  type KeptAnswer,
} from './idempotency/idempotency-store.js';
export { CallerScope, IdempotencyScope } from './idempotency/idempotency-scope.js';
export { IDEMPOTENCY_ENTRIES_MAX, MemoryIdempotencyStore } from './idempotency/memory-idempotency-store.js';
export { ShownOnce } from './idempotency/shown-once.js';
export { AddressRules } from './egress/address-rules.js';
export { checkedLookup, EgressRefused } from './egress/checked-lookup.js';
export { EGRESS_ORIGINS_MAX, EgressGuard } from './egress/egress-guard.js';
export type { EgressAnswer, EgressLimits, EgressRequest } from './egress/egress-options.js';
export { IDEMPOTENCY_TABLE_SQL, SqlIdempotencyStore, type RunSql } from './idempotency/sql-idempotency-store.js';

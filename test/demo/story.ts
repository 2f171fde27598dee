import type { Step } from './step.js';
import { auditTrail } from './steps/audit-trail.step.js';
import { downgrade } from './steps/downgrade.step.js';
import { newcomer } from './steps/newcomer.step.js';
import { rateLimit } from './steps/rate-limit.step.js';
import { revocation } from './steps/revocation.step.js';
import { serviceCall } from './steps/service-call.step.js';
import { thirdParty } from './steps/third-party.step.js';

/** In the order in which it is told; the audit trail is of all that came before. */
export const story: readonly Step[] = [serviceCall, thirdParty, newcomer, downgrade, rateLimit, revocation, auditTrail];

import { SpoolUnwritable } from '#libs/spool';
import { decidedRecord } from '../records/decided-record.js';
import { decidedText } from '../records/call-texts.js';
import { Refusal, statusOfCode } from '../refusals/refusal.js';
import { freshStep } from './authorise.step.js';
import { advance, type Authenticated, type Governed, type Known, type Reached } from './exchange.js';
import type { GatewayParts } from './gateway-parts.js';

type Parts = Pick<GatewayParts, 'spool' | 'feed' | 'logger' | 'metrics'>;

/**
 * Nothing is done that is not on record. Undefined, or a promise of it in strict tenants, when the call may go on: the
 * lease is looked at once more, for a disk that stands still holds up a write, and with it this thread, as long as it likes.
 */
export function recordAllowed(
  parts: Parts,
  state: Authenticated & Governed,
): Refusal | undefined | Promise<Refusal | undefined> {
  const identityPosition = parts.feed.positions().identity.position;
  const { led }: Known = state;
  const reason = led?.reason ?? 'granted';
  const verdict = { outcome: 'allow', code: '', reason, httpStatus: 200, identityPosition } as const;
  const isStrict = state.snapshot.settings?.auditMode === 'strict';
  try {
    if (isCall(state)) {
      const { identity, json } = decidedText(state, verdict);
      parts.spool.appendJson(state.caller.tenantId, json, 'opens');
      advance(state, { isRecorded: true, identity });
    } else {
      parts.spool.append(decidedRecord(state, verdict));
      advance(state, { isRecorded: true });
    }
    return isStrict ? durable(parts, state) : late(parts, state);
  } catch (error) {
    return unwritable(parts, error, isStrict) ?? late(parts, state);
  }
}

/** Records why a request ends here, unless its decision is on record already; answers the decision id that its caller is to be told. */
export function recordRefusal(parts: Parts, known: Known, refusal: Refusal): string {
  if (known.isRecorded) return known.decisionId;
  const verdict = {
    outcome: 'deny',
    code: refusal.code,
    reason: refusal.reason,
    httpStatus: statusOfCode(refusal.code),
    identityPosition: parts.feed.positions().identity.position,
  } as const;
  const record = decidedRecord(known, verdict);
  try {
    // Without a verified credential it could be a flood: that has a lane of its own, where it stops nobody.
    if (!known.caller) {
      const { count: _, ...unverified } = record;
      return parts.spool.appendUnverified(unverified).decisionId;
    }
    parts.spool.append(record);
  } catch (error) {
    // The request is refused already; a refusal that cannot be written must not become anything else.
    unwritable(parts, error, true);
  }
  return known.decisionId;
}

/** Something will be called upstream; else it is answered from memory, and has no end of its own. */
function isCall(state: Authenticated & Governed & { target?: unknown }): state is Reached {
  return state.target !== undefined;
}

function late(parts: Parts, state: Authenticated & Governed): Refusal | undefined {
  const fresh = freshStep(parts, state);
  return fresh instanceof Refusal ? fresh : undefined;
}

async function durable(parts: Parts, state: Authenticated & Governed): Promise<Refusal | undefined> {
  try {
    await parts.spool.durable();
    return late(parts, state);
  } catch (error) {
    return unwritable(parts, error, true);
  }
}

/** Tenants that are not strict go on over a disk that fails, with an alarm; nobody goes on beyond the spool's bound. */
function unwritable({ logger, metrics }: Parts, error: unknown, isStrict: boolean): Refusal | undefined {
  if (!(error instanceof SpoolUnwritable)) throw error;
  metrics.unrecorded.add(1, { reason: error.reason });
  logger.error({ err: error }, 'a decision could not be recorded');
  if (!isStrict && error.reason === 'disk') return undefined;
  const message = 'Decisions cannot be recorded at the moment, so none is made.';
  return new Refusal('audit_unavailable', 'audit_unavailable', message, null, { 'retry-after': '1' });
}

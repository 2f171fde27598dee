import { randomUUID } from 'node:crypto';
import type { Caller } from '#libs/access';
import { EventStore, SubjectKeys } from '#libs/event-store';
import { problem } from '#libs/http';
import { Clock } from '#libs/telemetry';
import { Injectable } from '@nestjs/common';
import { ledgerEntryAggregate } from '../aggregates.js';
import { minuteOf } from './call-entry.js';
import type { EntryBody } from './ledger-bodies.js';
import { LEDGER_KEPT_MS } from './ledger-retention.js';

/** An entry may be about what was used so much later than now, since clocks differ. */
const AHEAD_MS_MAX = 60_000;

/** Writes what people say into the ledger: usage that no gateway saw, and corrections. Never changed, only corrected. */
@Injectable()
export class PostEntry {
  constructor(
    private readonly store: EventStore,
    private readonly subjectKeys: SubjectKeys,
    private readonly clock: Clock,
  ) {}

  /**
   * @param account of who is charged, as entries name it.
   * @throws ProblemError 422 for a time that the ledger does not keep, and for what the decider refuses.
   */
  async post(caller: Caller, tenantId: string, account: string, body: EntryBody) {
    const entryId = `entry_${randomUUID()}`;
    const { principalId: author, requestId, decisionId } = caller;
    const common = {
      entryId,
      tenantId,
      minute: this.minute(body.at),
      account,
      against: body.against,
      amount: body.amount,
      currency: body.currency,
      model: body.model ?? '',
      author,
      reason: await this.subjectKeys.seal(author, body.reason),
      at: this.clock.nowIso(),
    };
    const command =
      body.type === 'correction'
        ? { type: 'PostCorrection' as const, ...common }
        : {
            type: 'PostExternalUsage' as const,
            ...common,
            calls: body.calls,
            inputTokens: body.input_tokens,
            outputTokens: body.output_tokens,
          };
    const context = { actor: author, tenantId, requestId, decisionId };
    const { events, position } = await this.store.execute(ledgerEntryAggregate, entryId, command, { context });
    const [posted] = events;
    if (!posted) throw new TypeError('An entry was posted without an event.');
    return { entry: posted.event.data, position };
  }

  private minute(at: string | undefined): string {
    const nowMs = this.clock.nowMs();
    const atMs = at === undefined ? nowMs : Date.parse(at);
    if (atMs <= nowMs + AHEAD_MS_MAX && atMs >= nowMs - LEDGER_KEPT_MS) return minuteOf(atMs);
    throw problem(422, 'ledger-entry/time-not-kept', 'The ledger keeps neither the future nor what is long gone.', [
      { pointer: '/at', detail: `From ${LEDGER_KEPT_MS / 86_400_000} days ago until now.` },
    ]);
  }
}

import { Access, CallerParam, IdentityView, PolicyView, Requires, type Caller } from '#libs/access';
import { isStorable } from '#libs/decider';
import { SubjectKeys } from '#libs/event-store';
import { answer, decodeCursor, page, problem } from '#libs/http';
import { windowAt } from '#libs/limits';
import { Answers, listOf } from '#libs/openapi';
import { Clock } from '#libs/telemetry';
import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { TenantScope } from '../apply/tenant-scope.js';
import { subjectPrincipal } from '../explain/subject-principal.js';
import { callerAccount } from './call-entry.js';
import { LedgerAccess } from './ledger-access.js';
import { ShownLedgerBalance, ShownLedgerEntry } from './ledger-answers.js';
import { BalancesQuery, EntriesQuery, EntryBody, TenantQuery } from './ledger-bodies.js';
import { LedgerReader, type LedgerPlace } from './ledger-reader.adapter.js';
import { PostEntry } from './post-entry.js';
import { shownBalance, shownEntry, shownPosted } from './shown-ledger.js';

const DAY_MS = 86_400_000;
/** Of time that one list goes over, and unless said otherwise. */
const DAYS_MAX = 400;
const DAYS_DEFAULT = 31;

/** What calls and everything else cost, as double entries by minute. */
@Controller('v1/ledger')
export class LedgerController {
  constructor(
    private readonly access: Access,
    private readonly scope: TenantScope,
    private readonly ledger: LedgerAccess,
    private readonly reader: LedgerReader,
    private readonly entry: PostEntry,
    private readonly policy: PolicyView,
    private readonly identity: IdentityView,
    private readonly subjectKeys: SubjectKeys,
    private readonly clock: Clock,
  ) {}

  @Get()
  @Requires('audit:read')
  @Answers('Lists entries of the ledger, newest first.', { 200: listOf(ShownLedgerEntry) })
  async list(@CallerParam() caller: Caller, @Query({ schema: EntriesQuery }) query: EntriesQuery) {
    const tenantId = this.scope.of(caller, 'audit:read', query.tenant);
    const reach = this.ledger.of(caller, tenantId);
    const { account, model, currency, type, limit } = query;
    const question = { tenantId, ...this.time(query), model, currency, account };
    const after = query.after === undefined ? undefined : placeIn(query.after);
    const isOthers = reach.account !== undefined && (account ?? reach.account) !== reach.account;
    const own = { ...question, account: reach.account ?? account };
    const rows = isOthers ? [] : await this.reader.entries(own, type, after, limit + 1);
    const reasons = await Promise.all(rows.map(({ reason }) => reason && this.subjectKeys.open(reason)));
    this.ledger.grant(caller, reach);
    const shown = rows.map((row, index) => ({ row, item: shownEntry(tenantId, row, reasons[index]) }));
    return page(
      shown,
      limit,
      ({ row }) => [Number(row.minute_ms), row.rank, row.entry],
      ({ item }) => item,
    );
  }

  /** What accounts owe and are owed in one window of the calendar, as a budget counts it. */
  @Get('balances')
  @Requires('audit:read')
  @Answers('Lists the balances of accounts in one window.', { 200: listOf(ShownLedgerBalance) })
  async balances(@CallerParam() caller: Caller, @Query({ schema: BalancesQuery }) query: BalancesQuery) {
    const tenantId = this.scope.of(caller, 'audit:read', query.tenant);
    const reach = this.ledger.of(caller, tenantId);
    const { window: unit, account, currency, limit } = query;
    const atMs = query.at === undefined ? this.clock.nowMs() : Date.parse(query.at);
    const { startMs: fromMs, endMs: toMs } = windowAt(unit, atMs, this.timeZone(tenantId));
    const isOthers = reach.account !== undefined && (account ?? reach.account) !== reach.account;
    const question = { tenantId, fromMs, toMs, currency, account: reach.account ?? account };
    const after = query.after === undefined ? undefined : accountIn(query.after);
    const rows = isOthers ? [] : await this.reader.balances(question, after, limit + 1);
    this.ledger.grant(caller, reach);
    const about = { tenant: tenantId, window: unit, fromMs, toMs };
    return page(
      rows,
      limit,
      (row) => [row.account, row.currency],
      (row) => shownBalance(about, row),
    );
  }

  /** External usage, or a correction. An `Idempotency-Key` makes a repetition the same entry. */
  @Post()
  @HttpCode(201)
  @Requires('limits:adjust')
  @Answers('Posts external usage or a correction to the ledger.', { 201: ShownLedgerEntry }, { problems: [422] })
  async post(
    @CallerParam() caller: Caller,
    @Query({ schema: TenantQuery }) query: TenantQuery,
    @Body({ schema: EntryBody }) body: EntryBody,
  ) {
    const tenantId = this.scope.of(caller, 'limits:adjust', query.tenant);
    const resource = { type: 'limits', path: 'ledger/entries', tenant: tenantId };
    const charged = subjectPrincipal(this.identity, tenantId, body.account);
    // Whoever may not post is refused for that, and told nothing of who there is.
    const isAllowed = this.access.allowed(caller, 'limits:adjust', resource);
    if (isAllowed && !charged) throw this.access.notFound(caller, 'limits:adjust', resource);
    this.access.require(caller, 'limits:adjust', resource);
    if (!charged) throw new TypeError('An entry without an account.');
    const account = callerAccount(charged.kind, charged.id);
    const { entry, position } = await this.entry.post(caller, tenantId, account, body);
    return answer(shownPosted(entry, body.reason), { status: 201, position: { store: 'policy', position } });
  }

  private time({ from, to }: EntriesQuery): { fromMs: number; toMs: number } {
    const toMs = to === undefined ? this.clock.nowMs() + DAY_MS : Date.parse(to);
    const fromMs = from === undefined ? toMs - DAYS_DEFAULT * DAY_MS : Date.parse(from);
    if (fromMs < toMs && toMs - fromMs <= DAYS_MAX * DAY_MS) return { fromMs, toMs };
    throw problem(400, 'invalid_request', `The time begins before it ends, and lasts ${DAYS_MAX} days at most.`, [
      { parameter: 'from', detail: 'An instant before `to`.' },
    ]);
  }

  private timeZone(tenantId: string): string {
    return this.policy.snapshot(tenantId)?.settings?.timeZone ?? 'UTC';
  }
}

const noCursor = () =>
  problem(400, 'invalid_request', 'This cursor is not one of this list.', [
    { parameter: 'after', detail: 'Take it from next_cursor of the page before.' },
  ]);

function placeIn(cursor: string): LedgerPlace {
  const [minuteMs, rank, entry] = decodeCursor(cursor, 3);
  const isRead = Number.isSafeInteger(minuteMs) && Math.abs(Number(minuteMs)) <= 8.64e15 && (rank === 0 || rank === 1);
  if (!isRead || typeof entry !== 'string' || !/^\d{1,18}$/.test(entry)) throw noCursor();
  return { minuteMs: Number(minuteMs), rank, entry };
}

function accountIn(cursor: string) {
  const [account, currency] = decodeCursor(cursor, 2);
  const isText = (part: unknown) => typeof part === 'string' && isStorable(part);
  if (!isText(account) || !isText(currency)) throw noCursor();
  return { account: String(account), currency: String(currency) };
}

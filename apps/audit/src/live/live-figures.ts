import { PolicyView } from '#libs/access';
import { Clock } from '#libs/telemetry';
import { Injectable } from '@nestjs/common';
import { CALLS, REQUESTS } from '../analytics/cube.js';
import { FiguresReader } from '../analytics/figures-reader.js';
import { LimitUse } from '../limits/limit-use.js';
import type { Reach } from '../records/audit-reach.js';
import type { ShownQuotas } from './live-answers.js';
import { quotasOf } from './quotas.js';

const MINUTE_MS = 60_000;
/** Figures of one moment are shared by all who look at it, ms. */
const SHARED_MS = 900;
/** Most that are kept; the oldest make room. */
const SHARED_MAX = 200;

type Shared = { readonly atMs: number; readonly figures: Promise<PanelFigures> };
export type PanelFigures = Awaited<ReturnType<LiveFigures['read']>>;

/** What a panel shows of the last minutes, this one included. */
@Injectable()
export class LiveFigures {
  private readonly shared = new Map<string, Shared>();

  constructor(
    private readonly reader: FiguresReader,
    private readonly limits: LimitUse,
    private readonly policy: PolicyView,
    private readonly clock: Clock,
  ) {}

  /** @throws ProblemError 503 `audit_unavailable` */
  of(reach: Reach, minutes: number): Promise<PanelFigures> {
    const key = JSON.stringify([reach.tenant, reach.owner, minutes]);
    const nowMs = this.clock.monotonicMs();
    const known = this.shared.get(key);
    if (known && nowMs - known.atMs < SHARED_MS) return known.figures;
    const figures = this.read(reach, minutes);
    this.shared.delete(key);
    this.shared.set(key, { atMs: nowMs, figures });
    const [oldest] = this.shared.keys();
    if (this.shared.size > SHARED_MAX && oldest !== undefined) this.shared.delete(oldest);
    return figures;
  }

  async read(reach: Reach, minutes: number) {
    const toMs = (Math.floor(this.clock.nowMs() / MINUTE_MS) + 1) * MINUTE_MS;
    const question = { reach, fromMs: toMs - minutes * MINUTE_MS, toMs, equal: {} };
    const [requests, usage] = await Promise.all([
      this.reader.ask(REQUESTS, { ...question, dimensions: ['reason'] }),
      this.reader.ask(CALLS, { ...question, dimensions: [] }),
    ]);
    const sum = (name: string) => requests.data.reduce((total, line) => total + Number(line[name]), 0);
    const denials = requests.data.filter(({ denied }) => Number(denied) > 0);
    return {
      from: new Date(question.fromMs).toISOString(),
      to: new Date(toMs).toISOString(),
      requests: sum('requests'),
      allowed: sum('allowed'),
      denied: sum('denied'),
      denials: denials.map(({ reason, denied }) => ({ reason: String(reason), denied: Number(denied) })),
      usage: usage.data,
      quotas: this.quotas(reach),
    };
  }

  /** Null until everything is known that was used before this process began: less than that is no answer. */
  private quotas(reach: Reach): ShownQuotas | null {
    if (!this.limits.isCaughtUp) return null;
    return quotasOf(this.limits.runs(), (tenantId) => this.policy.snapshot(tenantId), reach, this.clock.nowMs());
  }
}

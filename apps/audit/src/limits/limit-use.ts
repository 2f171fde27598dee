import { Bus, verifyRecord, type BusRecord, type MacKey, type Replay } from '#libs/bus';
import { parseUsageKey, readUsageRecord, type UsageRecord } from '#libs/contracts';
import { Rounds } from '#libs/service';
import { Clock, Logger } from '#libs/telemetry';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { IngestSource } from '../ingest/ingest-source.js';
import { AUDIT_MAC_KEY } from '../sealed-publisher.js';
import type { LimitRun } from './limit-run.js';

/** How often runs that are over are forgotten, and reading is tried again where it could not begin, ms. */
const ROUND_MS = 10_000;
/** A run is known so long after its end, so that one which ended between two sweeps is looked at once, ms. */
const KEPT_MS = 120_000;
/** Runs that are known at once; those beyond it are not looked at. */
const RUNS_MAX = 200_000;

type Known = { readonly about: UsageRecord; readonly settled: Map<string, number> };

/** How much of each limit is used at the moment, from what gateways say of it to each other. */
@Injectable()
export class LimitUse implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly known = new Map<string, Known>();
  private readonly rounds = new Rounds({
    work: () => this.round(),
    firstAfterMs: 0,
    pauseMs: () => ROUND_MS,
    onFailure: (error) => this.logger.warn({ err: error }, 'the use of limits cannot be read yet'),
  });
  private replay: Replay | undefined;
  private hasRead = false;

  constructor(
    private readonly bus: Bus,
    @Inject(AUDIT_MAC_KEY) private readonly macKey: MacKey,
    private readonly source: IngestSource,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.rounds.stop();
    await this.replay?.close();
  }

  /** Whether everything that was said before this process began is known. */
  get isCaughtUp(): boolean {
    return this.hasRead;
  }

  *runs(): Generator<LimitRun> {
    for (const [window, { about, settled }] of this.known) {
      let used = 0;
      for (const part of settled.values()) used += part;
      yield { window, about, used };
    }
  }

  private async round(): Promise<void> {
    if (!this.replay) await this.begin();
    const nowMs = this.clock.nowMs();
    for (const [window, { about }] of this.known) if (about.endMs + KEPT_MS < nowMs) this.known.delete(window);
  }

  private async begin(): Promise<void> {
    const { limitUse } = this.source;
    await this.bus.ensureTopics([limitUse]);
    this.replay = await this.bus.replay({
      reader: 'audit.limits',
      topics: [limitUse.name],
      onRecords: (records) => {
        for (const record of records) this.take(record);
      },
      onIncident: ({ kind, detail }) => this.logger.warn({ kind, detail }, 'an incident on the topic of usage'),
    });
    void this.replay.caughtUp.then(() => (this.hasRead = true));
  }

  /** What was used never becomes less: a record that comes late or again changes nothing. */
  private take(record: BusRecord): void {
    const verified = verifyRecord(this.macKey, record);
    const said = verified.ok && verified.record.value ? claimIn(verified.record.key, verified.record.value) : undefined;
    if (!said || said.about.endMs + KEPT_MS < this.clock.nowMs()) return;
    const { window, writer, about } = said;
    if (!this.known.has(window) && this.known.size >= RUNS_MAX) return;
    const { settled } = this.known.get(window) ?? { settled: new Map<string, number>() };
    settled.set(writer, Math.max(settled.get(writer) ?? 0, about.settled));
    this.known.set(window, { about, settled });
  }
}

function claimIn(key: string, value: Buffer) {
  const named = parseUsageKey(key);
  const about = readUsageRecord(value.toString('utf8'));
  return named && about ? { ...named, about } : undefined;
}

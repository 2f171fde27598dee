import { mintRotatedText, Peppers } from '#libs/access';
import { DomainError } from '#libs/decider';
import { EventStore, Publication, PUBLISHED_WAIT_MS } from '#libs/event-store';
import { Rounds } from '#libs/service';
import { Clock, Logger } from '#libs/telemetry';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { apiKeyAggregate } from '../aggregates.js';
import type { ApiKeyCommand } from '../api-keys/api-key.decider.js';
import { envLetter, secretOf } from '../api-keys/key-issue.js';
import { KeyLife } from '../api-keys/key-life.js';
import type { KeyRotation, KeyRow } from '../api-keys/key-list.projection.js';
import { lifetimeMs } from '../api-keys/key-steps.js';
import { ownerSubject } from '../api-keys/key-view.js';
import type { Listed } from '../lists/list-table.adapter.js';
import { Principals } from '../principals.js';
import { Tables } from '../tables.js';
import { DueRotations } from './due-rotations.adapter.js';
import { byRotation } from './rotation-context.js';
import { failureCode, SinkFailed, type RotationSink } from './rotation-sink.js';
import { RotationSinks } from './rotation-sinks.js';

/** Between two rounds, ms. */
const ROUND_MS = 5_000;
/** Keys that one round looks after. */
const KEYS_PER_ROUND = 50;
/** A text that was not handed over so long after its preparation is not handed over any more, ms. */
const DELIVERY_MS_MAX = 60_000;
/** And so long after it the rotation is another process's to end, ms: no delivery of the first can be under way. */
const ABANDONED_MS = 2 * DELIVERY_MS_MAX;
/** How long a secret is good that nobody has said of that the sink has it, ms. */
const PREPARED_MS = 3_600_000;
/** Times that a sink is tried in one rotation, and the pause before the second, ms; doubled each time. */
const DELIVERIES_MAX = 3;
const DELIVERY_PAUSE_MS = 250;
/** Pause before a failed rotation is begun anew, ms: doubled each time, up to the longest. */
const RETRY_MS = 60_000;
const RETRY_MS_MAX = 6 * 3_600_000;

type Rotating = KeyRow & { readonly rotation: KeyRotation };

/**
 * Rotates keys by their schedule, into their sinks. A new secret is first made good beside the present one (its MAC
 * alone is kept), then handed over, and only then becomes the key's own: so what a sink holds is always good, and a sink
 * that takes nothing costs the key nothing. See the decision about rotations for each place at which a process may die.
 */
@Injectable()
export class KeyRotations implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly rounds = new Rounds({
    work: () => this.round(),
    pauseMs: () => ROUND_MS,
    onFailure: (error) => this.logger.warn({ err: error }, 'rotations cannot be looked for'),
  });

  constructor(
    private readonly due: DueRotations,
    private readonly sinks: RotationSinks,
    private readonly store: EventStore,
    private readonly tables: Tables,
    private readonly publication: Publication,
    private readonly peppers: Peppers,
    private readonly principals: Principals,
    private readonly life: KeyLife,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.rounds.stop();
  }

  /** Everything that is due now, once. */
  async round(): Promise<void> {
    const abandoned = new Date(this.clock.nowMs() - ABANDONED_MS).toISOString();
    for (const listed of await this.due.find(this.clock.nowIso(), abandoned, KEYS_PER_ROUND)) {
      if (this.rounds.signal.aborted) return;
      await this.rotate(listed).catch((error: unknown) => this.report(listed.row, error));
    }
  }

  private async rotate({ row, version }: Listed<Rotating>): Promise<void> {
    const sink = this.sinks.find(row.rotation.sink, row.tenantId);
    if (!sink) return this.fail(row, 'sink_unknown');
    if (row.rotation.preparedAt !== null && (await this.finish(row, sink))) return;
    const { text, redacted } = mintRotatedText(row.kind, envLetter(row.restrictions), row.id);
    const secret = secretOf(this.peppers, text);
    const until = new Date(this.clock.nowMs() + PREPARED_MS).toISOString();
    const deadlineMs = this.clock.monotonicMs() + DELIVERY_MS_MAX;
    // On the version that was looked at: of two processes one prepares, and the other goes on to the next key.
    const prepared = await this.execute(row, { type: 'PrepareApiKeyRotation', ...secret, until }, version);
    if (!(await this.publication.reached(prepared.position, PUBLISHED_WAIT_MS))) return this.fail(row, 'not_published');
    try {
      await this.deliver(row, sink, text, deadlineMs);
    } catch (error) {
      return this.fail(row, failureCode(error));
    }
    await this.complete(row, { ...secret, redacted });
  }

  /** A process died with a rotation under way. Where the sink has what was prepared, that is the key's secret now. */
  private async finish(row: Rotating, sink: RotationSink): Promise<boolean> {
    const { state } = await this.store.load(apiKeyAggregate, row.id);
    const text = await sink.held(row.tenantId, row.id).catch(() => undefined);
    if (text === undefined || state.status === 'absent') return false;
    const secret = secretOf(this.peppers, text);
    if (secret.mac !== state.preparedMac) return false;
    // Of a rotated text only its own digits differ, and they are not shown.
    await this.complete(row, { ...secret, redacted: row.redacted });
    return true;
  }

  private async deliver({ tenantId, id: keyId }: Rotating, sink: RotationSink, text: string, deadlineMs: number) {
    for (let attempt = 1; ; attempt += 1) {
      // A process that was paused must not put its text over that of whoever went on without it.
      if (this.clock.monotonicMs() > deadlineMs) throw new SinkFailed('too_late');
      try {
        return await sink.deliver({ tenantId, keyId, text, at: this.clock.nowIso() });
      } catch (error) {
        if (attempt >= DELIVERIES_MAX || this.rounds.signal.aborted) throw new SinkFailed(failureCode(error));
        await delay(DELIVERY_PAUSE_MS * 2 ** (attempt - 1));
      }
    }
  }

  private async complete(row: Rotating, secret: { mac: string; pepperVersion: number; redacted: string }) {
    const nowMs = this.clock.nowMs();
    const owner = await this.principals.find(row.tenantId, ownerSubject(row));
    const policed = { ...row, ownerLabels: owner?.row.labels ?? {} };
    const expiresAt = this.life.expiresAt(policed, nowMs, undefined, lifetimeMs(row));
    const overlapUntil = new Date(nowMs + row.rotation.overlapSeconds * 1000).toISOString();
    await this.execute(row, { type: 'CompleteApiKeyRotation', ...secret, overlapUntil, expiresAt });
    this.logger.info({ keyId: row.id, tenantId: row.tenantId, sink: row.rotation.sink }, 'a key was rotated');
  }

  private async fail(row: Rotating, code: string): Promise<void> {
    const { sink, failures } = row.rotation;
    const pauseMs = Math.min(RETRY_MS_MAX, RETRY_MS * 2 ** Math.min(failures, 16));
    const nextAt = new Date(this.clock.nowMs() + pauseMs).toISOString();
    await this.execute(row, { type: 'FailApiKeyRotation', sink, code, nextAt });
    const about = { keyId: row.id, tenantId: row.tenantId, sink, code, failures: failures + 1, nextAt };
    this.logger.error(about, 'a key could not be rotated; its present secret goes on');
  }

  private async execute({ id: keyId, tenantId }: KeyRow, step: Step, expectedVersion?: number) {
    const command = { ...step, keyId, tenantId, at: this.clock.nowIso() } as ApiKeyCommand;
    const options = { context: byRotation(tenantId), ...(expectedVersion !== undefined && { expectedVersion }) };
    return this.store.execute(apiKeyAggregate, keyId, command, options);
  }

  private report({ id: keyId, tenantId }: KeyRow, error: unknown): void {
    // Somebody else was faster, or the key was suspended, revoked or rotated by hand meanwhile.
    if (error instanceof DomainError)
      this.logger.info({ keyId, tenantId, code: error.code }, 'a rotation was given up');
    else this.logger.error({ err: error, keyId, tenantId }, 'a rotation broke off');
  }
}

type Bare<Command> = Command extends ApiKeyCommand ? Omit<Command, 'keyId' | 'tenantId' | 'at'> : never;
type Step = Bare<Extract<ApiKeyCommand, { type: `${'Prepare' | 'Complete' | 'Fail'}ApiKeyRotation` }>>;

import { Access, mintRotatedText, Peppers, type Caller } from '#libs/access';
import { EventStore } from '#libs/event-store';
import { problem } from '#libs/http';
import { Clock } from '#libs/telemetry';
import { Injectable } from '@nestjs/common';
import { apiKeyAggregate } from '../aggregates.js';
import { Principals } from '../principals.js';
import { RotationSinks } from '../rotations/rotation-sinks.js';
import { Tables } from '../tables.js';
import { Writes } from '../writes.js';
import type { RotateApiKey } from './api-key.decider.js';
import { scheduleOf, type RotationBody } from '../rotations/rotation-body.js';
import type { RotateBody } from './key-bodies.js';
import { envLetter, secretOf } from './key-issue.js';
import { KeyLife } from './key-life.js';
import type { KeyRow } from './key-list.projection.js';
import { KeyReach } from './key-reach.js';
import { keyResource, ownerSubject, shownKey } from './key-view.js';

type Step = { type: 'RevokeApiKey' } | { type: 'SuspendApiKey'; leaked: boolean } | { type: 'ResumeApiKey' };
const statusAfter = { RevokeApiKey: 'revoked', SuspendApiKey: 'suspended', ResumeApiKey: 'active' } as const;

/** What happens to a key after it was issued. */
@Injectable()
export class KeySteps {
  constructor(
    private readonly access: Access,
    private readonly store: EventStore,
    private readonly tables: Tables,
    private readonly peppers: Peppers,
    private readonly writes: Writes,
    private readonly principals: Principals,
    private readonly reach: KeyReach,
    private readonly life: KeyLife,
    private readonly sinks: RotationSinks,
    private readonly clock: Clock,
  ) {}

  /** The key, once the caller may do `action` to it; another tenant's is 404. */
  async find(caller: Caller, action: string, keyId: string) {
    const found = await this.tables.keys.find(caller.operator ? undefined : caller.tenantId, keyId);
    if (!found) throw this.access.notFound(caller, action, { type: 'key', path: keyId });
    this.access.require(caller, action, keyResource(found.row));
    return found;
  }

  async take(caller: Caller, action: string, keyId: string, step: Step, reasonText?: string) {
    const { row } = await this.find(caller, action, keyId);
    const { tenantId } = row;
    const at = this.clock.nowIso();
    const reason = await this.writes.reason(caller, reasonText);
    const context = this.writes.context(caller, tenantId);
    const outcome = await this.store.execute(
      apiKeyAggregate,
      keyId,
      { ...step, keyId, tenantId, at, ...reason },
      { context },
    );
    // Read again, since a repeated step changes nothing, whatever it says.
    const now = await this.tables.keys.find(tenantId, keyId);
    return this.writes.narrowed(shownKey(now?.row ?? { ...row, status: statusAfter[step.type] }, at), outcome);
  }

  /** From now on the key rotates by itself, or no longer. Whoever reads the sink gets what the key opens. */
  async schedule(caller: Caller, keyId: string, body: RotationBody) {
    const { row } = await this.find(caller, 'key:rotate', keyId);
    const { tenantId } = row;
    await this.heldOwner(caller, row);
    if (body.sink !== null) this.sinks.require(body.sink, tenantId);
    if (await this.rotatesWithAccount(row)) {
      throw problem(
        409,
        'api-key/rotates-with-account',
        'All keys of its virtual account rotate together; change that.',
      );
    }
    const schedule = scheduleOf(body);
    const command = { type: 'ScheduleApiKeyRotation' as const, keyId, tenantId, at: this.clock.nowIso(), schedule };
    const context = this.writes.context(caller, tenantId);
    const outcome = await this.store.execute(apiKeyAggregate, keyId, command, { context });
    const now = await this.tables.keys.find(tenantId, keyId);
    return this.writes.answer(shownKey(now?.row ?? row, command.at), outcome);
  }

  private async rotatesWithAccount({ tenantId, ownerId }: KeyRow): Promise<boolean> {
    const account = await this.tables.virtualAccounts.find(tenantId, ownerId);
    return Boolean(account?.row.rotation);
  }

  async rotate(caller: Caller, keyId: string, body: RotateBody) {
    const { row } = await this.find(caller, 'key:rotate', keyId);
    const owner = await this.heldOwner(caller, row);
    const minted = mintRotatedText(row.kind, envLetter(row.restrictions), keyId);
    const now = this.clock.nowMs();
    const command: RotateApiKey = {
      type: 'RotateApiKey',
      keyId,
      tenantId: row.tenantId,
      at: new Date(now).toISOString(),
      redacted: minted.redacted,
      ...secretOf(this.peppers, minted.text),
      overlapUntil: new Date(now + body.overlap_seconds * 1000).toISOString(),
      expiresAt: this.life.expiresAt(
        { ...row, ownerLabels: owner?.row.labels ?? {} },
        now,
        body.expires_in_seconds,
        lifetimeMs(row),
      ),
    };
    const context = this.writes.context(caller, row.tenantId);
    const outcome = await this.store.execute(apiKeyAggregate, keyId, command, { context });
    const { at, redacted, overlapUntil, expiresAt } = command;
    const rotated = { ...row, redacted, overlapUntil, expiresAt, rotatedAt: at };
    // Without an overlap the former secret ends here, so the answer waits for the broker like any other narrowing.
    return this.writes.narrowed({ ...shownKey(rotated, at), value: minted.text }, outcome);
  }

  /** The new text opens what the key opens, whoever gets it. A key without a living owner opens nothing. */
  private async heldOwner(caller: Caller, row: KeyRow) {
    const owner = await this.principals.find(row.tenantId, ownerSubject(row));
    const question = { action: 'key:rotate', resource: keyResource(row) };
    if (owner) await this.reach.requireHeld(caller, question, { ...row, owner });
    return owner;
  }
}

/** A rotated key lives as long again as it was meant to at first, unless asked otherwise. */
export function lifetimeMs({ createdAt, rotatedAt, expiresAt }: KeyRow): number | null {
  return expiresAt === null ? null : Date.parse(expiresAt) - Date.parse(rotatedAt ?? createdAt);
}

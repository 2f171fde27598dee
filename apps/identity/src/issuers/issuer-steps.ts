import { Access, type Caller } from '#libs/access';
import { DomainError } from '#libs/decider';
import { EventStore } from '#libs/event-store';
import { Clock } from '#libs/telemetry';
import { Injectable } from '@nestjs/common';
import { issuerAggregate } from '../aggregates.js';
import { Tables } from '../tables.js';
import { Writes } from '../writes.js';
import type { ChangeIssuerBody } from './issuer-bodies.js';
import { IssuerFetches } from './issuer-fetches.adapter.js';
import type { IssuerRow } from './issuer-list.projection.js';
import { audienceReservations, nameReservation } from './issuer-reservations.js';
import { IssuerRights } from './issuer-rights.js';
import { WantedSettings } from './issuer-settings.js';
import { issuerResource, shownIssuer } from './issuer-view.js';

type Step = 'DisableIssuer' | 'EnableIssuer' | 'DeleteIssuer';
type StepOptions = { readonly reason?: string | undefined; readonly expectedVersion?: number | undefined };

/** What happens to an issuer after it was trusted. */
@Injectable()
export class IssuerSteps {
  constructor(
    private readonly access: Access,
    private readonly rights: IssuerRights,
    private readonly wanted: WantedSettings,
    private readonly fetches: IssuerFetches,
    private readonly store: EventStore,
    private readonly tables: Tables,
    private readonly writes: Writes,
    private readonly clock: Clock,
  ) {}

  /** The issuer, once the caller may do `action` to it; another tenant's is 404. */
  async find(caller: Caller, action: string, issuerId: string) {
    const found = await this.known(caller, action, issuerId);
    this.access.require(caller, action, issuerResource(found.row));
    return found;
  }

  async change(caller: Caller, issuerId: string, body: ChangeIssuerBody, expectedVersion: number | undefined) {
    const { row } = await this.known(caller, 'issuer:edit', issuerId);
    const held = sourceOf(row);
    const { settings, keys } = await this.wanted.changed(caller, row, held, body);
    await this.rights.require(caller, row, [...row.mappings, ...settings.mappings]);
    const { id, tenantId, issuer } = row;
    const sealed = await this.wanted.sealed(tenantId, settings);
    const command = { type: 'ChangeIssuer' as const, ...this.named(row), settings: sealed, keys };
    const gone = row.audiences.filter((audience) => !settings.audiences.includes(audience));
    const outcome = await this.store.execute(issuerAggregate, id, command, {
      context: this.writes.context(caller, tenantId),
      reserve: () => audienceReservations(issuer, settings.audiences),
      release: () => audienceReservations(issuer, gone),
      ...(expectedVersion !== undefined && { expectedVersion }),
    });
    if (body.jwks || body.jwks_uri !== undefined) await this.fetches.hurry(id, this.clock.now(), true);
    return this.writes.narrowed(await this.shown(row), outcome);
  }

  async take(caller: Caller, action: string, issuerId: string, type: Step, options: StepOptions = {}) {
    const { row } = await this.find(caller, action, issuerId);
    const { reason: text, expectedVersion } = options;
    const reason = await this.writes.reason(caller, text);
    const isDeletion = type === 'DeleteIssuer';
    const release = () => [nameReservation(row), ...audienceReservations(row.issuer, row.audiences)];
    const command = { type, ...this.named(row), ...reason };
    const outcome = await this.store.execute(issuerAggregate, issuerId, command, {
      context: this.writes.context(caller, row.tenantId),
      ...(isDeletion && { release }),
      ...(expectedVersion !== undefined && { expectedVersion }),
    });
    if (type === 'EnableIssuer') await this.fetches.hurry(issuerId, this.clock.now());
    return this.writes.narrowed(await this.shown(row), outcome);
  }

  /** Keys are asked for as soon as that is allowed; the answer does not wait for it. */
  async refresh(caller: Caller, issuerId: string) {
    const { row, version } = await this.find(caller, 'issuer:edit', issuerId);
    if (row.status !== 'active' || sourceOf(row).from === 'static') {
      throw new DomainError('issuer/nothing-to-fetch', 'Keys are fetched of active issuers that are not given theirs.');
    }
    await this.fetches.hurry(issuerId, this.clock.now());
    const position = await this.store.position();
    return this.writes.answer(await this.shown(row), { version, position }, { status: 202 });
  }

  /** As it is now, fetched keys and all. */
  async shown({ id, tenantId, ...rest }: IssuerRow) {
    const found = await this.tables.issuers.find(tenantId, id);
    return shownIssuer(found?.row ?? { id, tenantId, ...rest }, (await this.fetches.of([id])).get(id));
  }

  private async known(caller: Caller, action: string, issuerId: string) {
    const found = await this.tables.issuers.find(caller.operator ? undefined : caller.tenantId, issuerId);
    if (!found) throw this.access.notFound(caller, action, { type: 'issuer', path: issuerId });
    return found;
  }

  private named({ id: issuerId, tenantId }: { id: string; tenantId: string }) {
    return { issuerId, tenantId, at: this.clock.nowIso() };
  }
}

function sourceOf({ keySource }: IssuerRow) {
  if (keySource.from === 'own') throw new DomainError('issuer/own', 'Our own issuer changes by itself.');
  return keySource;
}

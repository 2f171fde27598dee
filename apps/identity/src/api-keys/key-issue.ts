import { mintKeyText, Peppers, type Caller } from '#libs/access';
import { KeyKind, type KeyRestrictions } from '#libs/contracts';
import { DomainError } from '#libs/decider';
import { EventStore, SubjectKeys } from '#libs/event-store';
import { Clock } from '#libs/telemetry';
import { Injectable } from '@nestjs/common';
import { apiKeyAggregate } from '../aggregates.js';
import type { Principal } from '../principals.js';
import { Writes } from '../writes.js';
import type { IssueApiKey } from './api-key.decider.js';
import type { IssueBody } from './key-bodies.js';
import { KeyLife } from './key-life.js';
import type { KeyRow } from './key-list.projection.js';
import { KeyReach } from './key-reach.js';
import { keyResource } from './key-view.js';

const envLetters = { production: 'p', staging: 's', development: 'd', test: 't', experimental: 'x' } as const;
export type EnvLetter = (typeof envLetters)[keyof typeof envLetters];

export type Minted = ReturnType<typeof mintKeyText>;

/** A new text for a new key; the letter is for people only, what a key may do is in its record. */
export function mint(
  owner: Pick<Principal, 'kind'>,
  asked: KeyKind | undefined,
  restrictions: KeyRestrictions,
): Minted & { kind: KeyKind } {
  const kind = asked ?? (owner.kind === 'user' ? 'pat' : 'vak');
  if ((kind === 'pat') !== (owner.kind === 'user')) {
    throw new DomainError('api-key/invalid', 'A user has keys of kind pat, a virtual account of kind vak or svc.');
  }
  return { ...mintKeyText(kind, envLetter(restrictions)), kind };
}

export function envLetter({ environments = [] }: KeyRestrictions): EnvLetter {
  const [only, ...others] = environments;
  const named = others.length === 0 && only !== undefined && Object.hasOwn(envLetters, only);
  return named ? envLetters[only as keyof typeof envLetters] : 'p';
}

/** Turns what was asked for into the key's first event. */
@Injectable()
export class KeyIssue {
  constructor(
    private readonly store: EventStore,
    private readonly peppers: Peppers,
    private readonly subjectKeys: SubjectKeys,
    private readonly writes: Writes,
    private readonly reach: KeyReach,
    private readonly life: KeyLife,
    private readonly clock: Clock,
  ) {}

  async issue(caller: Caller, owner: Principal, minted: Minted & { kind: KeyKind }, body: IssueBody) {
    const { tenantId, epoch } = owner.row;
    const now = this.clock.nowMs();
    const at = new Date(now).toISOString();
    const policed = { tenantId, kind: minted.kind, labels: body.labels, ownerLabels: owner.row.labels };
    const expiresAt = this.life.expiresAt(policed, now, body.expires_in_seconds, null);
    const { labels } = body;
    // As it is stored: nothing that is merely undefined is left in it.
    const restrictions = JSON.parse(JSON.stringify(body.restrictions)) as KeyRestrictions;
    await this.reach.requireOwned({ owner, restrictions });
    const resource = keyResource({ id: minted.keyId, tenantId, ownerId: owner.id });
    await this.reach.requireHeld(
      caller,
      { action: 'key:create', resource },
      { owner, kind: minted.kind, restrictions },
    );
    const command: IssueApiKey = {
      type: 'IssueApiKey',
      keyId: minted.keyId,
      tenantId,
      at,
      kind: minted.kind,
      ownerId: owner.id,
      ownerEpoch: epoch,
      name: await this.subjectKeys.seal(owner.id, body.name),
      redacted: minted.redacted,
      ...secretOf(this.peppers, minted.text),
      restrictions,
      labels,
      notBefore: body.not_before ?? null,
      expiresAt,
    };
    const context = this.writes.context(caller, tenantId);
    const outcome = await this.store.execute(apiKeyAggregate, minted.keyId, command, { context });
    return { outcome, row: rowOf(command, body.name) };
  }
}

/** What is stored of a key's text. */
export function secretOf(peppers: Peppers, text: string): { mac: string; pepperVersion: number } {
  const mac = peppers.mac(text, peppers.current);
  if (mac === undefined) throw new Error('the current pepper is missing');
  return { mac, pepperVersion: peppers.current };
}

/** The key as a list has it, before the list has it. */
export function rowOf({ keyId, at, ...key }: IssueApiKey, name: string): KeyRow {
  const { kind, tenantId, ownerId, redacted, restrictions, labels, notBefore, expiresAt } = key;
  const shown = { kind, tenantId, ownerId, redacted, restrictions, labels, notBefore, expiresAt };
  const fresh = { status: 'active', leaked: false, rotatedAt: null, overlapUntil: null } as const;
  const unrevoked = { revokedAt: null, revokedPosition: null };
  return { ...shown, ...fresh, ...unrevoked, id: keyId, name, createdAt: at };
}

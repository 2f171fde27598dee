import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { stateAfter, type ChangeState } from './change-state.js';

const GOLDEN = new URL('../../../../libs/contracts/golden/', import.meta.url);
const key = { keyId: 'k1', tenantId: 'acme', at: '2026-11-23T09:00:00.000Z' };
const fold = (...events: readonly (readonly [type: string, data: Record<string, unknown>])[]) =>
  events.reduce<ChangeState | undefined>((state, [type, data]) => stateAfter(state, type, data), undefined);
const issued = ['identity.api-key.issued', { ...key, ownerId: 'u1', labels: { app: 'x' }, mac: 'M' }] as const;

describe('what a thing is after an event', () => {
  it('begins with what it was told to be, and goes on with what changed', () => {
    expect(fold(issued)).toEqual({ keyId: 'k1', ownerId: 'u1', labels: { app: 'x' }, status: 'active' });
    const suspended = fold(issued, ['identity.api-key.suspended', { ...key, leaked: true, reason: { box: 'b' } }]);
    expect(suspended).toMatchObject({ ownerId: 'u1', status: 'suspended', leaked: true });
    expect(suspended).not.toHaveProperty('reason');
  });

  it('has nobody twice in a team, and nobody who was taken out', () => {
    const member = (principalId: string) => ({ teamId: 't', tenantId: 'acme', name: 'ds', at: key.at, principalId });
    const team = fold(
      ['identity.team.created', { teamId: 't', name: 'ds' }],
      ['identity.team.member-added', member('u1')],
      ['identity.team.member-added', member('u2')],
      ['identity.team.member-added', member('u1')],
      ['identity.team.member-removed', member('u2')],
      ['identity.team.manager-added', member('u3')],
    );
    expect(team).toMatchObject({ members: ['u1'], managers: ['u3'], status: 'active' });
  });

  it('is nothing once it is deleted, and begins anew without what it was', () => {
    expect(fold(issued, ['identity.team.deleted', key])).toBeUndefined();
    expect(fold(['audit.legal-hold.set', { author: 'va_1' }])).toEqual({ author: 'va_1' });
    expect(fold(['audit.legal-hold.set', key], ['audit.legal-hold.released', key])).toBeUndefined();
    expect(fold(issued, ['identity.virtual-account.created', { name: 'etl' }])).toEqual({
      name: 'etl',
      status: 'active',
    });
  });

  it('keeps what an event of a newer service says, and its status', () => {
    const state = fold(issued, ['identity.api-key.coloured', { ...key, colour: 'red' }]);
    expect(state).toMatchObject({ colour: 'red', status: 'active' });
  });

  it('never holds the MAC of a secret, in any event that there is', () => {
    const samples = readdirSync(GOLDEN).filter((name) => name !== 'frozen.json');
    const states = samples.map((name) => {
      const data = JSON.parse(readFileSync(new URL(name, GOLDEN), 'utf8')) as Record<string, unknown>;
      return JSON.stringify(stateAfter({}, name.replace(/\.v\d+\.json$/, ''), data) ?? {});
    });
    expect(states.length).toBeGreaterThan(40);
    expect(states.filter((state) => /"(?:mac|pepperVersion)"/.test(state))).toEqual([]);
  });
});

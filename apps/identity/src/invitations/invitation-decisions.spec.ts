import type { DecisionEntry, DecisionRequest } from '#libs/access';
import { silentLogger } from '#libs/telemetry';
import { FakeClock } from '#libs/testing';
import { describe, expect, it } from 'vitest';
import { InvitationDecisions } from './invitation-decisions.js';

const request: DecisionRequest = {
  decisionId: 'request',
  requestId: 'r',
  ip: '192.0.2.1',
  userAgent: '',
  httpMethod: 'POST',
  path: '/v1/invitations/accept',
  atMs: 0,
};
const presented = { invitationId: 'invitation_1', tenantId: 'acme', inviterId: 'user_1' };

function recording(auditMode: 'async' | 'strict' = 'async') {
  const seen: string[] = [];
  const entries: DecisionEntry[] = [];
  const state = { isFull: false };
  const log = {
    record: (entry: DecisionEntry) => {
      if (state.isFull) throw new Error('the spool is full');
      seen.push('recorded');
      entries.push(entry);
    },
    recordUnverified: (entry: DecisionEntry) => {
      seen.push('folded');
      entries.push(entry);
      return 'folded-id';
    },
    durable: async () => void seen.push('on disk'),
  };
  const policy = { snapshot: () => ({ settings: { auditMode } }) };
  const decisions = new InvitationDecisions(log as never, policy as never, new FakeClock(), silentLogger);
  return { decisions, seen, entries, state };
}

describe('an acceptance', () => {
  it('is recorded of the user whom it makes, and of a strict tenant on disk before anything happens', async () => {
    const { decisions, seen, entries } = recording('strict');
    const id = await decisions.accepted(request, presented, 'user_2');
    expect(seen).toEqual(['recorded', 'on disk']);
    expect(entries[0]).toMatchObject({ decisionId: id, tenantId: 'acme', principalId: 'user_2', outcome: 'allow' });
    const lenient = recording();
    await lenient.decisions.accepted(request, presented, 'user_2');
    expect(lenient.seen).toEqual(['recorded']);
  });

  it('that cannot be recorded does not happen', async () => {
    const { decisions, state } = recording();
    state.isFull = true;
    await expect(decisions.accepted(request, presented, 'user_2')).rejects.toMatchObject({ code: 'audit_unavailable' });
  });
});

describe('a refusal', () => {
  const refusal = { status: 404, code: 'invitation/not-found', reason: 'invitation_ended' } as const;

  it('is recorded for the tenant of the token, and in the folded lane where there is none', () => {
    const { decisions, seen, entries } = recording();
    decisions.refused(request, refusal, presented);
    expect(decisions.refused(request, refusal)).toBe('folded-id');
    expect(seen).toEqual(['recorded', 'folded']);
    expect(entries.map(({ tenantId, resource }) => [tenantId, resource])).toEqual([
      ['acme', 'invitation_1'],
      ['', ''],
    ]);
  });

  it('stays one when its lane is full', () => {
    const { decisions, seen, state } = recording();
    state.isFull = true;
    expect(decisions.refused(request, refusal, presented)).toBe('folded-id');
    expect(seen).toEqual(['folded']);
  });
});

import { readDocument } from '#libs/policy-language';
import { describe, expect, it } from 'vitest';
import { compile, whatCan, whoCan, type Ability, type AbilityPlace, type Principal } from '../index.js';

const document = (kind: string, name: string, spec: object, tags?: object) =>
  readDocument({ apiVersion: 'gatehouse/v1', kind, metadata: { name, tenant: 'acme', ...(tags && { tags }) }, spec });
const snapshot = compile({
  tenant: 'acme',
  documents: [
    document('ProviderAccount', 'main', { provider: 'openai', baseUrl: 'https://upstream.example/v1' }),
    document('Model', 'main/a', { upstreamModel: 'm', types: ['chat'] }, { env: 'staging' }),
    document('Model', 'main/b', { upstreamModel: 'm', types: ['embedding'] }, { env: 'staging' }),
    document('Role', 'chatting', {
      statements: [
        {
          id: 'chat',
          effect: 'allow',
          actions: ['model:invoke'],
          resources: ['model:**'],
          when: [{ attr: 'request.operation', eq: 'chat' }],
        },
      ],
    }),
    document('RoleBinding', 'devs', { subjects: ['team:devs'], roles: ['developer'] }),
    document('RoleBinding', 'chat', { subjects: ['user:u1'], roles: ['chatting'] }),
  ],
  platformDocuments: [],
  policyRevision: 1,
  platformRevision: 0,
});
const person = (id: string, teams: string[] = []): Principal => {
  return { id, kind: 'user', tenant: 'acme', teams, groups: [], labels: {} };
};
const people = ['u1', 'u2', 'u3', 'u4', 'u5'].map((id) => person(id, id > 'u2' ? ['devs'] : []));
const request = { timeMs: 0 };
const invoke = (path: string) => ({ action: 'model:invoke', resource: { type: 'model', path }, request });
const bounds = { limit: 100, examinedMax: 1_000 };

describe('who can', () => {
  it('stops at the limit and says where, so that the next page misses nobody', () => {
    const first = whoCan(snapshot, people, invoke('main/a'), { limit: 2, examinedMax: 1_000 });
    expect([first.found.map(({ principal }) => principal.id), first.last?.id]).toEqual([['u1', 'u3'], 'u3']);
    const second = whoCan(snapshot, people.slice(3), invoke('main/a'), { limit: 2, examinedMax: 1_000 });
    expect([second.found.map(({ principal }) => principal.id), second.last]).toEqual([['u4', 'u5'], undefined]);
  });

  it('stops after as many as it may look at, also when it found nobody', () => {
    const page = whoCan(snapshot, people.slice(1), invoke('main/a'), { limit: 9, examinedMax: 1 });
    expect([page.found, page.last?.id]).toEqual([[], 'u2']);
  });

  it('asks by the operations that the model’s types allow', () => {
    const holders = (path: string) => whoCan(snapshot, people, invoke(path), bounds).found.map((h) => h.statements);
    expect(holders('main/a')[0]).toEqual(['chatting/chat']);
    expect(holders('main/b')).toHaveLength(3);
  });

  it('finds nobody for a model that is not there, or a question that makes no sense', () => {
    expect(whoCan(snapshot, people, invoke('main/none'), bounds).found).toEqual([]);
    const nonsense = { action: 'model:invoke', resource: { type: 'key', path: 'k' }, request };
    expect(whoCan(snapshot, people, nonsense, bounds).found).toEqual([]);
  });
});

describe('what can', () => {
  const all = whatCan(snapshot, person('u3', ['devs']), request, bounds).found;
  const line = ({ action, resource, ownOnly }: Ability) => `${action} ${resource}${ownOnly ? ' (own)' : ''}`;

  it('tells own things from those of others', () => {
    expect(all.map(line)).toContain('key:create key:* (own)');
    expect(all.map(line)).toContain('model:invoke model:main/a');
    expect(all.map(line)).toContain('policy:read policy:Role/chatting');
    expect(all.some(({ action }) => action === 'policy:apply')).toBe(false);
  });

  it('comes in pages that together are the whole list, each once, in order', () => {
    const paged: Ability[] = [];
    let after: AbilityPlace | undefined;
    do {
      const page = whatCan(snapshot, person('u3', ['devs']), request, { limit: 3, examinedMax: 2, after });
      expect(page.found.length).toBeLessThanOrEqual(3);
      paged.push(...page.found);
      after = page.last;
    } while (after);
    expect(paged).toEqual(all);
  });

  it('is nothing for somebody of another tenant', () => {
    const stranger = { ...person('u3', ['devs']), tenant: 'globex' };
    expect(whatCan(snapshot, stranger, request, bounds).found).toEqual([]);
  });
});

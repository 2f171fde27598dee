import { ProblemError } from '#libs/http';
import { describe, expect, it } from 'vitest';
import { onboardingFiles } from './onboarding-files.js';

const admin = { userId: 'user_1', email: 'eve@initech.example' };
const role = (metadata: object, more: object = {}) => ({ kind: 'Role', metadata, ...more });
const read = (...documents: Record<string, unknown>[]) =>
  onboardingFiles('initech', admin, documents).map(({ text }) => JSON.parse(text));
const refusal = (...documents: Record<string, unknown>[]) => {
  try {
    return onboardingFiles('initech', admin, documents);
  } catch (error) {
    return error instanceof ProblemError ? [error.status, error.errors[0]?.['pointer']] : error;
  }
};

describe('the documents of an onboarding', () => {
  it('are of the tenant that is onboarded, and make its admin one', () => {
    expect(read(role({ name: 'a' }))).toEqual([
      { kind: 'Role', metadata: { name: 'a', tenant: 'initech' } },
      expect.objectContaining({ kind: 'RoleBinding', spec: { subjects: ['user:user_1'], roles: ['admin'] } }),
    ]);
  });

  it('name the admin by id wherever they were named by their address', () => {
    const subjects = ['user:Eve@initech.example', 'team:ds', 'user:other@initech.example'];
    const [document] = read(role({ name: 'b' }, { spec: { subjects, deep: [{ when: { subjects } }] } }));
    const named = ['user:user_1', 'team:ds', 'user:other@initech.example'];
    expect(document.spec).toEqual({ subjects: named, deep: [{ when: { subjects: named } }] });
  });

  it('may not be of another tenant, nor of the platform', () => {
    for (const tenant of ['globex', 'platform', 7, null]) {
      expect(refusal(role({ name: 'a' }), role({ name: 'b', tenant }))).toEqual([422, '/documents/1/metadata/tenant']);
    }
  });

  it('are bounded in depth and in length', () => {
    let deep: Record<string, unknown> = {};
    for (let level = 0; level < 10_000; level += 1) deep = { deep };
    expect(refusal(deep)).toEqual([422, '/documents/0']);
    expect(refusal({ kind: 'Role', spec: 'x'.repeat(300_000) })).toEqual([422, '/documents']);
  });
});

import { describe, expect, it } from 'vitest';
import { takesStep } from './lifecycle.js';

describe('the lifecycle of tenants, users and virtual accounts', () => {
  it('changes something the first time a step is taken, and nothing the second', () => {
    expect(takesStep('user', { status: 'active' }, true, 'suspend')).toBe(true);
    expect(takesStep('user', { status: 'suspended' }, true, 'suspend')).toBe(false);
    expect(takesStep('user', { status: 'deleted' }, true, 'delete')).toBe(false);
  });

  it.each([
    ['absent', true],
    ['active', false],
    ['deleted', true],
  ] as const)('says "no such user" alike of one that is %s (owned: %s)', (status, owned) => {
    expect(() => takesStep('user', { status }, owned, 'resume')).toThrow('No such user.');
  });
});

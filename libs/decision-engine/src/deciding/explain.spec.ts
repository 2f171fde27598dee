import { expect, it } from 'vitest';
import { readMatrices, requestOf, snapshotOf, type Case } from '../case-matrix.fixture.js';
import { explain } from './explain.js';

const matrix = readMatrices().find(({ file }) => file.startsWith('02'));
const asking = (given: Partial<Case>) => {
  if (!matrix) throw new Error('cases/02-deny-wins.yaml is gone');
  const whole = {
    name: '',
    principal: 'ana',
    resource: 'model:staging/gpt-4o-mini',
    expected: { decision: 'deny', reason: '' },
  } as const;
  return explain(snapshotOf(matrix), requestOf(matrix, { ...whole, ...given }));
};

it('names no near miss of what is allowed', () => {
  expect(asking({}).nearMisses).toEqual([]);
});

it('names the statements of others that would have allowed, and whose they are', () => {
  const { reason, nearMisses } = asking({ principal: 'stranger' });
  expect(reason).toBe('no_matching_rule');
  expect(nearMisses).toEqual([
    { statement: 'model/staging/gpt-4o-mini/grants/0', because: 'it is granted to team:research' },
    { statement: 'staging-user/staging-models', because: 'it is granted to team:ds' },
  ]);
});

it('names what of the own statements falls short, nearest first', () => {
  const { nearMisses } = asking({ action: 'model:invoke', resource: 'model:staging/gpt-9-preview', principal: 'rae' });
  expect(nearMisses).toEqual([
    { statement: 'model/staging/gpt-4o-mini/grants/0', because: 'it does not reach model:staging/gpt-9-preview' },
  ]);
});

it('tells nothing about a model that does not exist', () => {
  expect(asking({ resource: 'model:staging/none' }).nearMisses).toEqual([]);
});

it('carries the revisions that it rests on', () => {
  expect(asking({})).toMatchObject({ policyRevision: 1, platformRevision: 1, engineVersion: '1' });
});

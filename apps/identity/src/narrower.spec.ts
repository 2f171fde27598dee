import { expect, it } from 'vitest';
import { narrower } from './narrower.js';

const found = (record: object | null) => ({ topic: 'identity.state.v1', key: 'credential/k1', record });

it.each([
  ['a revocation', { status: 'revoked' }, { status: 'active' }],
  ['a suspension', { status: 'suspended' }, { status: 'active' }],
  ['a deletion', { status: 'deleted', epoch: 2 }, { status: 'active', epoch: 1 }],
  ['a raised epoch', { status: 'active', epoch: 2 }, { status: 'active', epoch: 1 }],
])('takes over %s that the restored tables lack', (_what, record, held) => {
  expect(narrower(found(record), held)).toEqual(record);
});

it.each([
  ['what is wider than the tables', { status: 'active' }, { status: 'revoked' }],
  ['a tombstone', null, { status: 'active' }],
])('leaves %s to the tables', (_what, record, held) => {
  expect(narrower(found(record), held)).toBeUndefined();
});

import { expect, it } from 'vitest';
import { narrower } from './narrower.js';

const found = (record: object | null, key = 'credential/k1') => ({ topic: 'identity.state.v1', key, record });

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

const at = '2026-11-28T09:00:00.000Z';
const later = '2026-11-28T10:00:00.000Z';

it('takes over a revocation of tokens that the tables do not know or know of earlier, and no earlier one', () => {
  const key = 'revocation/grant/g1';
  expect(narrower(found({ at }, key), undefined)).toEqual({ at });
  expect(narrower(found({ at: later }, key), { at })).toEqual({ at: later });
  expect(narrower(found({ at }, key), { at: later })).toBeUndefined();
});

it.each(['issuer/i1', 'client/c1'])('never lets %s accept again what it had ended', (key) => {
  const disabled = { status: 'disabled', notBefore: at };
  expect(narrower(found(disabled, key), { status: 'active', notBefore: null })).toEqual(disabled);
  const held = { status: 'active', notBefore: at, keys: ['held'] };
  const enabledAgain = { status: 'active', notBefore: later, keys: ['found'] };
  expect(narrower(found(enabledAgain, key), held)).toEqual({ ...held, notBefore: later });
});

it('does not take the moment at which a key begins for the end of one', () => {
  expect(narrower(found({ status: 'active', notBefore: later }), { status: 'active', notBefore: at })).toBeUndefined();
});

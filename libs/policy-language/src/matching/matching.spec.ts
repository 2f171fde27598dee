import * as fc from 'fast-check';
import { BlockList } from 'node:net';
import { describe, expect, it } from 'vitest';
import { actionsMatching } from './action-pattern.js';
import { compileGlob } from './glob.js';
import { networkHolds, readIp, readNetwork } from './ip-network.js';
import { nearest } from './nearest.js';
import { isPattern, readResourcePattern } from './resource-pattern.js';

describe('globs', () => {
  it.each([
    ['local/*', 'local/llama', true],
    ['local/*', 'local/a/b', false],
    ['**', 'a/b/c', true],
    ['*/*-preview', 'main/gpt-9-preview', true],
    ['*/*-preview', 'main/x/gpt-preview', false],
    ['a/**/z', 'a/b/c/z', true],
    ['a**b*c', 'a/x/bb/c', false],
    ['a.c', 'abc', false],
  ])('%s against %s is %s', (glob, path, expected) => expect(compileGlob(glob).matches(path)).toBe(expected));

  it('match as the regular expression of the same meaning does', () => {
    const piece = fc.constantFrom('a', 'b', '/', '*', '**', 'ab');
    const glob = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));
    const path = fc.array(fc.constantFrom('a', 'b', '/'), { maxLength: 10 }).map((letters) => letters.join(''));
    fc.assert(
      fc.property(glob, path, (source, text) => {
        const expression = source.replaceAll(/\*+/g, (stars) => (stars.length > 1 ? '.*' : '[^/]*'));
        expect(compileGlob(source).matches(text)).toBe(new RegExp(`^${expression}$`).test(text));
      }),
      { numRuns: 5_000 },
    );
  });

  it('are never slow', () => {
    const start = performance.now();
    expect(compileGlob(`${'*a'.repeat(60)}b`).matches('a'.repeat(500))).toBe(false);
    expect(compileGlob(`${'**a'.repeat(60)}b`).matches('a'.repeat(500))).toBe(false);
    expect(performance.now() - start).toBeLessThan(2_000);
  });
});

describe('networks', () => {
  it('hold the addresses that Node says they hold', () => {
    const bits4 = fc.integer({ min: 0, max: 32 });
    fc.assert(
      fc.property(fc.ipV4(), bits4, fc.ipV4(), (base, bits, address) => {
        const list = new BlockList();
        list.addSubnet(base, bits, 'ipv4');
        const network = readNetwork(`${base}/${bits}`);
        const bytes = readIp(address);
        expect(network && bytes && networkHolds(network, bytes)).toBe(list.check(address, 'ipv4'));
      }),
    );
    fc.assert(
      fc.property(fc.ipV6(), fc.integer({ min: 0, max: 128 }), fc.ipV6(), (base, bits, address) => {
        const list = new BlockList();
        list.addSubnet(base, bits, 'ipv6');
        const network = readNetwork(`${base}/${bits}`);
        const bytes = readIp(address);
        expect(network && bytes && networkHolds(network, bytes)).toBe(list.check(address, 'ipv6'));
      }),
    );
  });

  it.each([
    '',
    '10.0.0',
    '10.0.0.256',
    '010.0.0.1',
    '10.0.0.1:80',
    'fe80::1%eth0',
    ':::',
    '1:2:3:4:5:6:7:8:9',
    '::1::',
    'localhost',
  ])('read nothing from %j', (text) => expect(readIp(text)).toBeUndefined());

  it.each(['10.0.0.0/33', '10.0.0.0/08', '::/129', '10.0.0.0/', '10.0.0.0/8/8', 'x/8'])('refuse %j', (text) =>
    expect(readNetwork(text)).toBeUndefined(),
  );
});

describe('patterns of actions', () => {
  it("stand for declared actions, and never for an operator's", () => {
    expect(actionsMatching('model:*')).toEqual(['model:invoke', 'model:list']);
    expect(actionsMatching('*')).not.toContain('tenant:suspend');
    expect(actionsMatching('tenant:*')).toEqual(['tenant:read']);
    expect(actionsMatching('model:invok')).toEqual([]);
    expect(actionsMatching('constructor')).toEqual([]);
  });
});

it('takes as a pattern what the ledger asks about, which no document is named like', () => {
  expect(isPattern(readResourcePattern('limits:ledger/entries'))).toBe(true);
  expect(isPattern(readResourcePattern('limits:ledger/*'))).toBe(true);
  expect(isPattern(readResourcePattern('limits:ledger/entry'))).toBe(false);
});

describe('suggestions', () => {
  it('are what differs least, and nothing where nothing is near', () => {
    expect(nearest('modle', ['model', 'tool', 'role'])).toBe('model');
    expect(nearest('zzzzzz', ['model', 'tool'])).toBeUndefined();
  });
});

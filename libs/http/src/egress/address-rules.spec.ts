import { describe, expect, it } from 'vitest';
import { AddressRules } from './address-rules.js';

const none = AddressRules.parse('');

describe('without the operator’s leave', () => {
  it.each([
    '127.0.0.1',
    '127.8.9.10',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '240.0.0.1',
    '198.18.0.1',
    '::1',
    '::',
    'fe80::1',
    'fc00::1',
    'fd00:ec2::254',
    'fec0::1',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b:1::7f00:1',
    '2002:7f00:1::',
    '2001::1',
    '2001:db8::1',
    'localhost',
    '',
  ])('%s is refused', (address) => expect(none.permits(address, 443)).toBe(false));

  it.each(['8.8.8.8', '104.18.6.192', '2606:4700::6812:6c0', '::ffff:8.8.8.8'])('%s is permitted', (address) =>
    expect(none.permits(address, 443)).toBe(true),
  );
});

it('permits what the operator lists, and nothing beside it', () => {
  const rules = AddressRules.parse('127.0.0.1:8090, 10.1.0.0/16, [::1]:8090, fd12::/16');
  expect(rules.permits('127.0.0.1', 8_090)).toBe(true);
  expect(rules.permits('::ffff:127.0.0.1', 8_090)).toBe(true);
  expect(rules.permits('127.0.0.1', 9_092)).toBe(false);
  expect(rules.permits('127.0.0.2', 8_090)).toBe(false);
  expect(rules.permits('10.1.2.3', 1)).toBe(true);
  expect(rules.permits('10.2.0.1', 1)).toBe(false);
  expect(rules.permits('::1', 8_090)).toBe(true);
  expect(rules.permits('fd12:0:0:1::1', 1)).toBe(true);
});

it.each(['localhost', '10.0.0.0/33', '10.0.0.0/x', '127.0.0.1:port', '300.1.1.1'])(
  'refuses to start with %s',
  (entry) => expect(() => AddressRules.parse(entry)).toThrow(RangeError),
);

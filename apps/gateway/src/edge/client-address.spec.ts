import { expect, it } from 'vitest';
import { AddressRules } from '#libs/http';
import { clientAddress } from './client-address.js';

const trusted = AddressRules.parse('10.0.0.0/8');
const from = (peer: string, forwarded?: string) =>
  clientAddress({ socket: { remoteAddress: peer }, headers: { 'x-forwarded-for': forwarded } } as never, trusted);

it.each([
  ['8.8.8.8', undefined, '8.8.8.8'],
  ['::ffff:8.8.8.8', undefined, '8.8.8.8'],
  ['8.8.8.8', '1.1.1.1', '8.8.8.8'],
  ['10.0.0.1', '1.1.1.1', '1.1.1.1'],
  ['10.0.0.1', '6.6.6.6, 1.1.1.1, 10.0.0.2', '1.1.1.1'],
  ['10.0.0.1', 'garbage', '10.0.0.1'],
  ['10.0.0.1', '1.1.1.1, <script>', '10.0.0.1'],
  ['10.0.0.1', 'dead.beef', '10.0.0.1'],
  ['10.0.0.1', '1.1.1.1, 8.8.8.8:::', '10.0.0.1'],
  ['10.0.0.1', '1.1.1.1:4711', '1.1.1.1'],
  ['10.0.0.1', '6.6.6.6, [2001:db8::1]:4711, 10.0.0.2:80', '2001:db8::1'],
])('%s with forwarded-for %s is %s', (peer, forwarded, expected) => expect(from(peer, forwarded)).toBe(expected));

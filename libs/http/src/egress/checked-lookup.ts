import { lookup as systemLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';
import type { AddressRules } from './address-rules.js';

/** An upstream stands where nothing may be sent. Says the host, not the address: that may be an inner one. */
export class EgressRefused extends Error {
  readonly code = 'EGRESS_REFUSED';
  constructor(host: string) {
    super(`${host} is at an address that the operator does not permit`);
  }
}

type Resolve = (
  host: string,
  options: LookupOptions,
  done: (error: Error | null, found: LookupAddress[]) => void,
) => void;

const resolveAll: Resolve = (host, options, done) =>
  systemLookup(host, { ...options, all: true }, (error, found) => done(error, found));

/**
 * A look-up for `net.connect` that hands on only addresses which may be connected to. The addresses that were checked are
 * those connected to: a name that answers differently the next moment gains nothing. One bad address spoils all.
 */
export function checkedLookup(rules: AddressRules, port: number, resolve: Resolve = resolveAll): LookupFunction {
  return (host, options, done) => {
    resolve(host, options, (error, found) => {
      if (error) return done(error, []);
      const [first] = found;
      if (!first || found.some(({ address }) => !rules.permits(address, port)))
        return done(new EgressRefused(host), []);
      return options.all ? done(null, found) : done(null, first.address, first.family);
    });
  };
}

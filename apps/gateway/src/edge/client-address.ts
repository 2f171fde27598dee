import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { AddressRules } from '#libs/http';

const hopsMax = 32;

/**
 * Who called: the peer, or, where the peer is a proxy that the operator trusts, the last address in `x-forwarded-for`
 * that is not such a proxy. What a caller itself writes there changes nothing.
 */
export function clientAddress(request: IncomingMessage, trusted: AddressRules): string {
  const peer = plain(request.socket.remoteAddress ?? '');
  const forwarded = request.headers['x-forwarded-for'];
  if (typeof forwarded !== 'string' || !trusted.isListed(peer, 0)) return peer;
  let address = peer;
  for (const hop of forwarded.split(',').slice(-hopsMax).toReversed()) {
    const candidate = plain(withoutPort(hop.trim()));
    if (isIP(candidate) === 0) return address;
    address = candidate;
    if (!trusted.isListed(address, 0)) return address;
  }
  return address;
}

function plain(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}

/** Some proxies add the port that their peer called from: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function withoutPort(hop: string): string {
  const [, bracketed, plain] = /^(?:\[([^\]]+)\]|(\d+\.\d+\.\d+\.\d+))(?::\d+)?$/u.exec(hop) ?? [];
  return bracketed ?? plain ?? hop;
}

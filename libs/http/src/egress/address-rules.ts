import ipaddr from 'ipaddr.js';

type Range = {
  readonly network: ipaddr.IPv4 | ipaddr.IPv6;
  readonly prefix: number;
  readonly port: number | undefined;
};

/** Which addresses may be connected to. Public ones; others only where the operator lists them. */
export class AddressRules {
  private constructor(private readonly listed: readonly Range[]) {}

  /**
   * Reads the operator's list: addresses or CIDR ranges, each with an optional port (`127.0.0.1:8090`, `10.0.0.0/8`,
   * `[::1]:8090`), separated by commas. Throws RangeError for an entry that is none.
   */
  static parse(list: string): AddressRules {
    const entries = list.split(',').map((entry) => entry.trim());
    return new AddressRules(entries.filter((entry) => entry !== '').map(parseRange));
  }

  isListed(address: string, port: number): boolean {
    const parsed = unmapped(address);
    return parsed !== undefined && this.listed.some((range) => contains(range, parsed, port));
  }

  /** Whether a connection may go there. A text that is no address is refused. */
  permits(address: string, port: number): boolean {
    const parsed = unmapped(address);
    return (parsed !== undefined && isPublic(parsed)) || this.isListed(address, port);
  }
}

/**
 * IPv4 written as IPv6 is judged as the IPv4 address it reaches. Other translated forms (NAT64, 6to4, Teredo) are ranges
 * of their own and not `unicast`, like private, link-local (cloud metadata), carrier-grade and reserved ones.
 */
function unmapped(address: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  if (!ipaddr.isValid(address)) return undefined;
  const parsed = ipaddr.parse(address);
  return parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress() ? parsed.toIPv4Address() : parsed;
}

/** The one metadata service that stands at a public address (Azure's). */
const publicMetadata = '168.63.129.16';
/** All that is given out of IPv6; the rest is local, translated or unused. */
const globalUnicast = ipaddr.parseCIDR('2000::/3');

function isPublic(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (address.range() !== 'unicast' || address.toString() === publicMetadata) return false;
  return address.kind() === 'ipv4' || address.match(globalUnicast);
}

function contains({ network, prefix, port }: Range, address: ipaddr.IPv4 | ipaddr.IPv6, askedPort: number): boolean {
  if (port !== undefined && port !== askedPort) return false;
  if (network instanceof ipaddr.IPv4) return address instanceof ipaddr.IPv4 && address.match(network, prefix);
  return address instanceof ipaddr.IPv6 && address.match(network, prefix);
}

function parseRange(entry: string): Range {
  const [, bracketed, plain, port] =
    /^(?:\[([^\]]+)\]|([^:]+|[^[\]]*:[^[\]]*:[^[\]]*?))(?::(\d+))?$/u.exec(entry) ?? [];
  const [address = '', bits] = (bracketed ?? plain ?? '').split('/');
  if (!ipaddr.isValid(address)) throw new RangeError(`'${entry}' is no address, range or address with a port`);
  const network = ipaddr.parse(address);
  const bitsMax = network.kind() === 'ipv4' ? 32 : 128;
  const prefix = bits === undefined ? bitsMax : Number(bits);
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > bitsMax) throw new RangeError(`'${entry}' is no range`);
  return { network, prefix, port: port === undefined ? undefined : Number(port) };
}

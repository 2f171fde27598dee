/** An address as 16 bytes in network order; IPv4 as `::ffff:a.b.c.d`, so that both spellings of one address are one. */
type Bytes = Uint8Array;

/** A network: addresses whose first `bits` bits equal those of `bytes`. */
export type IpNetwork = { readonly bytes: Bytes; readonly bits: number };

const IPV4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;
const LONGEST_ADDRESS = 45;

/** Reads an IPv4 or IPv6 address; undefined for anything else (leading zeros, zones, ports). */
export function readIp(text: string): Bytes | undefined {
  if (text.length > LONGEST_ADDRESS) return undefined;
  return text.includes(':') ? readIpv6(text) : readIpv4(text);
}

/** Reads `10.0.0.0/8`, `2001:db8::/32`, or a single address; undefined for anything else. */
export function readNetwork(text: string): IpNetwork | undefined {
  const [address = '', length, ...rest] = text.split('/');
  const bytes = readIp(address);
  if (!bytes || rest.length > 0) return undefined;
  if (length === undefined) return { bytes, bits: 128 };
  const widest = address.includes(':') ? 128 : 32;
  if (!/^(0|[1-9]\d{0,2})$/.test(length) || Number(length) > widest) return undefined;
  return { bytes, bits: Number(length) + (128 - widest) };
}

/** Whether the address lies in the network. */
export function networkHolds({ bytes, bits }: IpNetwork, address: Bytes): boolean {
  const whole = bits >> 3;
  for (let i = 0; i < whole; i++) if (bytes[i] !== address[i]) return false;
  const rest = bits & 7;
  if (rest === 0) return true;
  const shift = 8 - rest;
  return (bytes[whole] ?? 0) >> shift === (address[whole] ?? 0) >> shift;
}

function readIpv4(text: string): Bytes | undefined {
  const parts = IPV4.exec(text);
  if (!parts) return undefined;
  const bytes = new Uint8Array(16);
  bytes[10] = bytes[11] = 0xff;
  for (let i = 0; i < 4; i++) {
    const part = parts[i + 1] ?? '';
    if (Number(part) > 255 || (part.length > 1 && part.startsWith('0'))) return undefined;
    bytes[12 + i] = Number(part);
  }
  return bytes;
}

function readIpv6(text: string): Bytes | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = readGroups(halves[0] ?? '', halves.length === 1);
  const tail = readGroups(halves[1] ?? '', true);
  if (!head || !tail) return undefined;
  const length = head.length + tail.length;
  if (halves.length === 2 ? length > 14 : length !== 16) return undefined;
  const bytes = new Uint8Array(16);
  bytes.set(head, 0);
  bytes.set(tail, 16 - tail.length);
  return bytes;
}

/** Groups between colons as bytes; only the last may be written as an IPv4 address. */
function readGroups(text: string, last: boolean): number[] | undefined {
  if (text === '') return [];
  const bytes: number[] = [];
  const groups = text.split(':');
  for (const [i, group] of groups.entries()) {
    if (last && i === groups.length - 1 && group.includes('.')) {
      const tail = readIpv4(group);
      if (!tail) return undefined;
      bytes.push(...tail.subarray(12));
    } else if (/^[0-9A-Fa-f]{1,4}$/.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    } else return undefined;
  }
  return bytes;
}

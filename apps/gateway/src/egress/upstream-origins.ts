import { isIP } from 'node:net';
import { Pool, type Dispatcher } from 'undici';
import { type AddressRules, checkedLookup } from '#libs/http';

/** Why a base URL cannot be called; undefined where it can. */
export type OriginFault = 'unreadable' | 'not_permitted';

const originsMax = 1_024;

export type OriginOptions = { readonly connectionsMax: number; readonly connectTimeoutMs: number };

/**
 * One pool of connections per upstream origin. Plain `http` and addresses that are not public only where the operator
 * lists them. Redirects are not followed by anything here.
 */
export class UpstreamOrigins {
  private readonly pools = new Map<string, Pool>();

  constructor(
    private readonly rules: AddressRules,
    private readonly options: OriginOptions,
  ) {}

  /** The pool for a base URL. Names are checked again with every connection, at the address it goes to. */
  of(baseUrl: string): Dispatcher | OriginFault {
    const url = URL.parse(baseUrl);
    if (!url || !isPlain(url)) return 'unreadable';
    const known = this.pools.get(url.origin);
    if (known) return known;
    if (this.faultOf(url)) return 'not_permitted';
    if (this.pools.size >= originsMax) void this.forget();
    const pool = this.open(url);
    this.pools.set(url.origin, pool);
    return pool;
  }

  async close(): Promise<void> {
    const open = [...this.pools.values()];
    this.pools.clear();
    await Promise.all(open.map((pool) => pool.destroy()));
  }

  private faultOf(url: URL): OriginFault | undefined {
    const host = hostOf(url);
    const isListed = this.rules.isListed(host, portOf(url)) || (host === 'localhost' && this.listsLoopback(url));
    if (url.protocol === 'http:' && !isListed) return 'not_permitted';
    // `net.connect` looks up no literal address, so it is checked here.
    if (isIP(host) !== 0 && !this.rules.permits(host, portOf(url))) return 'not_permitted';
    return undefined;
  }

  private listsLoopback(url: URL): boolean {
    return this.rules.isListed('127.0.0.1', portOf(url)) || this.rules.isListed('::1', portOf(url));
  }

  private open(url: URL): Pool {
    const { connectionsMax: connections, connectTimeoutMs: timeout } = this.options;
    const lookup = checkedLookup(this.rules, portOf(url));
    return new Pool(url.origin, { connections, pipelining: 1, connect: { timeout, lookup } });
  }

  /** The oldest origin goes; calls under way end first. */
  private async forget(): Promise<void> {
    for (const [origin, pool] of this.pools) {
      this.pools.delete(origin);
      await pool.close();
      return;
    }
  }
}

/** A base URL is scheme, host, port and path: whatever else it had would be dropped or leaked. */
function isPlain({ protocol, username, password, search, hash }: URL): boolean {
  return /^https?:$/u.test(protocol) && username === '' && password === '' && search === '' && hash === '';
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/u, '$1');
}

function portOf({ port, protocol }: URL): number {
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
}

/** Where an operation is, below the path of the base URL. */
export function pathBelow(baseUrl: string, path: string): string {
  return new URL(baseUrl).pathname.replace(/\/+$/u, '') + path;
}

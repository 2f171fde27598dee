import { isIP } from 'node:net';
import { Pool, type Dispatcher } from 'undici';
import type { AddressRules } from './address-rules.js';
import { checkedLookup, EgressRefused } from './checked-lookup.js';
import type { EgressAnswer, EgressLimits, EgressRequest } from './egress-options.js';

/** Origins with open connections; the one opened first goes when there is another. */
export const EGRESS_ORIGINS_MAX = 256;
const CONNECTIONS_DEFAULT = 8;
const CONNECT_TIMEOUT_MS = 5000;
const REQUEST_TIMEOUT_MS = 10_000;
const ANSWER_BYTES_MAX = 1024 * 1024;

/**
 * The one way out to addresses that someone else wrote down: base URLs, key sets, metadata, webhooks, sinks, exports.
 * A name is resolved once per connection and the addresses found are checked and connected to; redirects are answers
 * like others. Plain `http`, and addresses that are not public, only where the operator lists them.
 */
export class EgressGuard {
  private readonly pools = new Map<string, Pool>();
  private readonly rules: AddressRules;
  private readonly limits: EgressLimits;

  constructor(rules: AddressRules, limits: EgressLimits = {}) {
    this.rules = rules;
    this.limits = limits;
  }

  /**
   * Whether a URL has a form that may be called at all; names are only resolved when it is called.
   * @throws EgressRefused
   */
  check(url: string): URL {
    const parsed = URL.parse(url);
    if (!parsed || !/^https?:$/.test(parsed.protocol) || parsed.username !== '' || parsed.password !== '') {
      throw new EgressRefused('This URL');
    }
    const host = hostOf(parsed);
    const port = portOf(parsed);
    const names = host === 'localhost' ? ['127.0.0.1', '::1'] : [host];
    if (parsed.protocol === 'http:' && !names.some((name) => this.rules.isListed(name, port))) {
      throw new EgressRefused(host);
    }
    // Nothing looks up a literal address, so it is judged here.
    if (isIP(host) !== 0 && !this.rules.permits(host, port)) throw new EgressRefused(host);
    return parsed;
  }

  /** Connections to the origin of a URL. @throws EgressRefused */
  dispatcher(url: string): Dispatcher {
    const parsed = this.check(url);
    const known = this.pools.get(parsed.origin);
    if (known) return known;
    const [oldest] = this.pools.keys();
    if (this.pools.size >= EGRESS_ORIGINS_MAX && oldest !== undefined) this.forget(oldest);
    const pool = new Pool(parsed.origin, {
      connections: this.limits.connectionsMax ?? CONNECTIONS_DEFAULT,
      pipelining: 1,
      connect: {
        timeout: this.limits.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
        lookup: checkedLookup(this.rules, portOf(parsed)),
      },
    });
    this.pools.set(parsed.origin, pool);
    return pool;
  }

  /**
   * One request with bounded time and answer; a redirect is answered as it is.
   * @throws EgressRefused; RangeError when the answer is too large; undici's errors and a TimeoutError otherwise.
   */
  async request(url: string, options: EgressRequest = {}): Promise<EgressAnswer> {
    const { pathname, search } = this.check(url);
    const { method = 'GET', headers, body, timeoutMs = REQUEST_TIMEOUT_MS, bytesMax = ANSWER_BYTES_MAX } = options;
    const answer = await this.dispatcher(url).request({
      path: pathname + search,
      method,
      signal: AbortSignal.timeout(timeoutMs),
      ...(headers && { headers }),
      ...(body !== undefined && { body }),
    });
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      // Leaving the loop destroys the body, and with it the connection.
      if (bytes > bytesMax) throw new RangeError('The answer is larger than is accepted.');
      chunks.push(chunk);
    }
    return { status: answer.statusCode, headers: answer.headers, body: Buffer.concat(chunks) };
  }

  async close(): Promise<void> {
    const open = [...this.pools.values()];
    this.pools.clear();
    await Promise.all(open.map((pool) => pool.destroy()));
  }

  /** Calls under way end first. */
  private forget(origin: string): void {
    const pool = this.pools.get(origin);
    this.pools.delete(origin);
    pool?.close().catch(() => undefined);
  }
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

function portOf({ port, protocol }: URL): number {
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
}

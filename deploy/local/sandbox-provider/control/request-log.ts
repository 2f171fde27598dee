import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** What reached the provider. `state` moves from `open` to how it ended; `aborted`: the caller left before the end. */
export type LoggedRequest = {
  method: string;
  path: string;
  model: string | null;
  request_id: string | null;
  decision_id: string | null;
  key_digest: string | null;
  /** Lower-case names of the headers that came, so that a test can show what was stripped. */
  header_names: string[];
  bytes: number;
  status: number | null;
  state: 'open' | 'answered' | 'aborted' | 'broken';
  aborted: boolean;
  at: string;
};

/** The newest requests are kept; `total` counts all since the last clearing. */
export class RequestLog {
  private kept: LoggedRequest[] = [];
  private total = 0;
  private readonly digests = new Map<string, string>();

  constructor(private readonly entriesMax = 20_000) {}

  open(request: IncomingMessage, path: string, key: string | undefined): LoggedRequest {
    const entry: LoggedRequest = {
      method: request.method ?? '',
      path,
      model: null,
      request_id: header(request, 'x-request-id'),
      decision_id: header(request, 'gatehouse-decision-id'),
      key_digest: key === undefined ? null : this.digest(key),
      header_names: Object.keys(request.headers),
      bytes: 0,
      status: null,
      state: 'open',
      aborted: false,
      at: new Date().toISOString(),
    };
    this.total += 1;
    this.kept.push(entry);
    // Trimmed in halves: shifting one by one would cost the benchmark a copy per request.
    if (this.kept.length >= this.entriesMax * 2) this.kept = this.kept.slice(-this.entriesMax);
    return entry;
  }

  list() {
    const data = this.kept.slice(-this.entriesMax);
    return { object: 'list', total: this.total, dropped: this.total - data.length, data };
  }

  clear(): void {
    this.kept = [];
    this.total = 0;
  }

  private digest(key: string): string {
    const known = this.digests.get(key);
    if (known !== undefined) return known;
    if (this.digests.size >= 256) this.digests.clear();
    const digest = keyDigest(key);
    this.digests.set(key, digest);
    return digest;
  }
}

/** A provider key is recorded by this alone, so that the record can be shown and searched. */
export function keyDigest(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 32);
}

function header(request: IncomingMessage, name: string): string | null {
  const value = request.headers[name];
  return typeof value === 'string' ? value : null;
}

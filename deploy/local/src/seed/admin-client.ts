import { setTimeout as delay } from 'node:timers/promises';

/** An answer that seeding cannot go on from. */
export class SeedFailed extends Error {
  override readonly name = 'SeedFailed';
}

type Sent = { readonly json?: object; readonly yaml?: string };

/** How long a freshly made credential may take to reach a service. */
const CREDENTIAL_WAIT_MS = 20_000;
const RETRY_MS = 25;

/**
 * Calls the admin APIs with one key. Each call asks for all that the calls before it wrote: the services learn of each
 * other's writes by the bus.
 */
export class AdminClient {
  private position: string | undefined;

  constructor(private readonly key: string) {}

  async get<Answer extends object>(url: string): Promise<Answer> {
    return (await this.send('GET', url)) as Answer;
  }

  async post<Answer extends object>(url: string, sent: Sent = {}): Promise<Answer> {
    return (await this.send('POST', url, sent)) as Answer;
  }

  async put<Answer extends object>(url: string, sent: Sent): Promise<Answer> {
    return (await this.send('PUT', url, sent)) as Answer;
  }

  /** Waits until the service knows the key; a service that has just started may have to catch up first. */
  async untilKnown(url: string): Promise<void> {
    const deadline = Date.now() + CREDENTIAL_WAIT_MS;
    for (;;) {
      const response = await fetch(url, { headers: { authorization: `Bearer ${this.key}` } });
      await response.body?.cancel();
      if (response.ok) return;
      if (Date.now() > deadline) throw new SeedFailed(`${url} answers ${response.status} to a key that was just made`);
      await delay(RETRY_MS);
    }
  }

  private async send(method: string, url: string, sent?: Sent): Promise<unknown> {
    const deadline = Date.now() + CREDENTIAL_WAIT_MS;
    for (;;) {
      const response = await fetch(url, {
        method,
        headers: {
          authorization: `Bearer ${this.key}`,
          ...(sent && { 'content-type': sent.yaml === undefined ? 'application/json' : 'application/yaml' }),
          ...(this.position !== undefined && { 'gatehouse-min-position': this.position }),
        },
        ...(sent && { body: sent.yaml ?? JSON.stringify(sent.json ?? {}) }),
      });
      const text = await response.text();
      if (response.status === 503 && Date.now() < deadline) {
        await delay(RETRY_MS);
        continue;
      }
      if (!response.ok) throw new SeedFailed(`${method} ${url} answered ${response.status}: ${text}`);
      const position = response.headers.get('gatehouse-position');
      if (position?.startsWith('identity:')) this.position = position;
      return text === '' ? {} : (JSON.parse(text) as unknown);
    }
  }
}
